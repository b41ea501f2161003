// The ways a first candidate fails before the client has seen anything of its answer, and what the attempts header says of each.

import type { PacedBehaviour } from "../mock_providers/behaviours.ts";
import { createSelfSignedCertificate, createTestAuthority, type TestAuthority } from "../mock_providers/certificates.ts";
import { closedPort, startTcpServer } from "../mock_providers/ports.ts";
import type { FleetMember, WireFormat } from "./fleet.ts";

export interface Fault {
  /** Also a part of provider and router names. */
  name: string;
  member(format: WireFormat, authority: TestAuthority): Promise<FleetMember>;
  /** What may stand behind the candidate in the attempts header. */
  outcome: RegExp;
  /** The fault is one of streams, or of whole replies, only. */
  only?: "stream" | "whole";
  /** The provider reads the request. */
  reached: boolean;
}

const STREAM_ERROR = /^error=stream-error$/;
const CONNECT_FAILURE = /^error=connect-failure$/;
// The provider's connection ended while its answer was held; a whole reply without its end is known to be none.
const BROKEN = /^error=(reset|stream-error)$/;
const TIMEOUT = /^error=timeout$/;

function fault(name: string, behaviour: PacedBehaviour, outcome: RegExp, only?: "stream" | "whole"): Fault {
  return { name, member: async (format) => ({ format, behaviour }), outcome, reached: true, ...(only === undefined ? {} : { only }) };
}

const statusFaults = [401, 403, 404, 408, 424, 429, 500, 529].map((status) =>
  fault(`status-${status}`, { kind: "status", status }, new RegExp(`^status=${status}$`)),
);

// Answers that an HTTP client would take for a success or follow elsewhere, and that no chat API gives.
const unexpectedFaults = [202, 307].map((status) =>
  fault(`status-${status}`, { kind: "status", status }, /^(status=\d+|error=stream-error)$/),
);

const connectionFaults: Fault[] = [
  {
    name: "refused",
    member: async (format) => ({ format, url: `http://127.0.0.1:${await closedPort()}` }),
    outcome: CONNECT_FAILURE,
    reached: false,
  },
  {
    name: "unknown-host",
    member: async (format) => ({ format, url: "http://nowhere.invalid" }), // a name that never resolves: RFC 6761, section 6.4
    outcome: CONNECT_FAILURE,
    reached: false,
  },
  {
    name: "wrong-host-certificate",
    member: async (format, authority) => ({ format, tls: await authority.issue("elsewhere.example") }),
    outcome: CONNECT_FAILURE,
    reached: false,
  },
  {
    name: "expired-certificate",
    member: async (format, authority) => ({ format, tls: await authority.issue("127.0.0.1", { expired: true }) }),
    outcome: CONNECT_FAILURE,
    reached: false,
  },
  {
    name: "self-signed-certificate",
    member: async (format) => ({ format, tls: await createSelfSignedCertificate("127.0.0.1") }),
    outcome: CONNECT_FAILURE,
    reached: false,
  },
  {
    name: "other-authority",
    member: async (format) => ({ format, tls: await (await createTestAuthority()).issue("127.0.0.1") }),
    outcome: CONNECT_FAILURE,
    reached: false,
  },
];

/** Faults that show at once. */
export const FAULTS: readonly Fault[] = [
  ...statusFaults,
  ...unexpectedFaults,
  ...connectionFaults,
  fault("reset", { kind: "reset" }, BROKEN),
  fault("cut-before-content", { kind: "cut", at: "before content" }, BROKEN),
  fault("cut-whole-reply", { kind: "cut", at: "after content" }, BROKEN, "whole"),
  fault("end-before-content", { kind: "end early", at: "before content" }, STREAM_ERROR),
  fault("half-a-whole-reply", { kind: "end early", at: "after content" }, STREAM_ERROR, "whole"),
  fault("error-first", { kind: "error event", at: "first" }, STREAM_ERROR),
  // After message_start of Anthropic, after the empty role delta of OpenAI.
  fault("error-before-content", { kind: "error event", at: "before content" }, STREAM_ERROR),
  fault("html", { kind: "html" }, STREAM_ERROR),
  fault("empty", { kind: "empty" }, STREAM_ERROR),
  fault("invalid-json", { kind: "invalid json" }, STREAM_ERROR),
];

/** Faults that show when the time for a first token, or for a whole reply, is over. */
export const HANGS: readonly Fault[] = [
  fault("hang-before-headers", { kind: "hang before headers" }, TIMEOUT),
  fault("hang-after-headers", { kind: "hang after headers" }, TIMEOUT),
  fault("pings-forever", { kind: "pings forever" }, TIMEOUT),
  {
    name: "handshake-hang",
    async member(format) {
      const server = await startTcpServer("hang");
      return { format, url: `https://127.0.0.1:${server.port}`, close: () => server.close() };
    },
    outcome: /^error=(connect-failure|timeout)$/,
    reached: false,
  },
];
