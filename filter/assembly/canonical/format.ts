import { Bytes } from "../bytes/bytes";
import { Cursor } from "../json/cursor";
import { Slice, sliceLength, slicePtr } from "../json/slice";
import { ProviderRules } from "./field_rules";
import { Operation } from "./operation";
import { ProviderError } from "./provider_error";
import { CanonicalRequest } from "./request";
import { RequestHead } from "./request_head";
import { CanonicalResponse } from "./response";
import { StreamReader } from "./stream_reader";
import { StreamWriter } from "./stream_writer";
import { ResponseSummary } from "./summary";

const NO_HEADER = new Bytes();
/** https://platform.openai.com/docs/api-reference/debugging-requests */
const X_REQUEST_ID = headerName("x-request-id");

export function headerName(name: string): Bytes {
  const bytes = new Bytes();
  bytes.ascii(name);
  return bytes;
}

/** What stands around the events of a format's streams. */
export enum Framing {
  ServerSentEvents,
  /** The binary messages of application/vnd.amazon.eventstream. */
  EventStream,
}

/**
 * A wire format, as clients speak it to the gateway and as providers speak it. A new one is a folder beside the others with a class of this
 * kind, and a line in formats/registry.ts. Methods that return a bool return false when the text is wrong; JSON errors are then in the
 * cursor, all else in `problem`.
 */
export abstract class Format {
  framing: Framing = Framing.ServerSentEvents;
  /** The header in which providers name an answer whose body does not, and the one with an error's type; empty: there is none. */
  answerIdHeader: Bytes = NO_HEADER;
  errorTypeHeader: Bytes = NO_HEADER;
  /** The header in which clients look for the request's id: OpenAI's, unless the format says otherwise. */
  requestIdHeader: Bytes = X_REQUEST_ID;
  /** Prompts in this format have marks of where their cached part ends. */
  takesCacheMarks: bool = false;
  private freeReader: StreamReader | null = null;
  private freeWriter: StreamWriter | null = null;

  /**
   * @param name as configuration files say it
   * @param path where clients of this format send their requests; empty when they are not offered it
   * @param messageList the request's field that has the conversation
   */
  constructor(
    public name: string,
    public path: string,
    public messageList: string = "messages",
    public operation: Operation = Operation.Generate,
  ) {}

  /** Checks a whole request body and reads what the gateway must know of it. */
  abstract scanHead(cursor: Cursor, head: RequestHead): bool;
  /** False also for what cannot be told in canonical terms and must not be lost silently. */
  abstract readRequest(cursor: Cursor, request: CanonicalRequest): bool;
  /** `model`: the provider's name for the model. False when this format cannot say what is asked; `problem` says what. */
  abstract writeRequest(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): bool;

  /** Whether a conversation in this format has reasoning that the model would refuse. `model`: the provider's name for it. */
  refusesReasoning(head: RequestHead, model: Bytes): bool {
    return false;
  }

  /** Whether the model would refuse the budget that a request in this format gives it for thinking. */
  refusesBudget(head: RequestHead, model: Bytes): bool {
    return false;
  }

  /** Appends the conversation of a request in this format, which the cursor is on, without the reasoning that the model would refuse. */
  writeOwnHistory(cursor: Cursor, model: Bytes, out: Bytes): void {
    const value = cursor.takeValue();
    out.append(slicePtr(value), sliceLength(value));
  }

  /** Reads an answer; false when it is none. A body that is an error is told by `readError`, before this. */
  abstract readResponse(cursor: Cursor, response: CanonicalResponse): bool;
  /**
   * Reads what the end of an answer says of it; false when that is not certain, and all of it has to be read. For answers that go on as they
   * came: what is not read is not checked.
   */
  readTail(cursor: Cursor, ptr: usize, length: u32, summary: ResponseSummary): bool {
    return false;
  }

  abstract writeResponse(response: CanonicalResponse, out: Bytes): void;

  /** Reads an error body into what `error` does not know yet; false when the text is none of this format's. */
  abstract readError(cursor: Cursor, error: ProviderError): bool;
  /** Takes what the error's header says; `readError` comes after it. */
  readErrorType(type: Slice, error: ProviderError): void {}
  abstract writeError(error: ProviderError, out: Bytes): void;
  /** The error as the last event of a stream. */
  abstract writeErrorEvent(error: ProviderError, out: Bytes): void;

  acquireReader(): StreamReader {
    const free = this.freeReader;
    const reader = free ? free : this.newReader();
    this.freeReader = reader.nextFree;
    reader.nextFree = null;
    reader.reset();
    return reader;
  }

  releaseReader(reader: StreamReader): void {
    reader.nextFree = this.freeReader;
    this.freeReader = reader;
  }

  acquireWriter(head: RequestHead): StreamWriter {
    const free = this.freeWriter;
    const writer = free ? free : this.newWriter();
    this.freeWriter = writer.nextFree;
    writer.nextFree = null;
    writer.reset(head);
    return writer;
  }

  releaseWriter(writer: StreamWriter): void {
    writer.nextFree = this.freeWriter;
    this.freeWriter = writer;
  }

  protected abstract newReader(): StreamReader;
  protected abstract newWriter(): StreamWriter;
}
