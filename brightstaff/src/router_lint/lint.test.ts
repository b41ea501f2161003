import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkCollisions, type Sample } from "./collisions.ts";
import { checkWording } from "./wording.ts";

const route = (name: string, description: string = name) => ({ name, description });
const brief = (findings: readonly { kind: string; tasks: readonly string[] }[]) => findings.map(({ kind, tasks }) => [kind, ...tasks]);

describe("the wording", () => {
  it.each([
    ["handle code stuff", [["too broad", "a"]]],
    ["all kinds of coding questions", [["too broad", "a"]]],
    ["help with anything", [["says nothing", "a"]]],
    ["", [["says nothing", "a"]]],
    ["solving quadratic equations", []],
    ["Fragen zu Rechnungen und Zahlungen", []],
    ["编写和修改代码", []],
  ])("%s", (description, expected) => expect(brief(checkWording([route("a", description)]))).toEqual(expected));

  it("finds descriptions that are the same", () => {
    const routes = [route("a", "Writing code in Go"), route("b", "writing essays and letters"), route("c", "writing code in go ")];
    expect(brief(checkWording(routes))).toEqual([["overlapping", "a", "c"]]);
  });

  it("says which words are to blame", () => {
    expect(checkWording([route("a", "handle code stuff")])[0]?.reason).toMatch(/"code" is all .* "handle", "stuff" would fit any task/);
  });
});

describe("sample requests", () => {
  const NONE = 0.25;
  const samples = (kind: string, count: number, ...scores: number[]): Sample[] =>
    Array.from({ length: count }, (_, index) => ({ prompt: `${kind} ${index}`, kind, scores }));
  const routes = [route("code"), route("poems")];
  const apart = [...samples("coding", 10, 1, 0.1), ...samples("poetry", 10, 0.1, 1)];

  it("that are told apart are nothing to mend", () => expect(checkCollisions(routes, apart, NONE)).toEqual([]));

  it("that fit two tasks alike are shown", () => {
    const [finding, ...others] = checkCollisions(routes, [...apart, ...samples("ballads", 8, 0.62, 0.7)], NONE);
    expect(finding).toMatchObject({ kind: "overlapping", tasks: ["code", "poems"], samples: ["ballads 0", "ballads 1", "ballads 2"] });
    expect(finding?.reason).toContain("8 sample requests");
    expect(others).toEqual([]);
  });

  it("that fit neither do not count, however alike", () => {
    expect(checkCollisions(routes, [...apart, ...samples("chess", 8, 0.2, 0.2)], NONE)).toEqual([]);
    const byChance = [...samples("chess", 9, 0, 0), ...samples("chess", 4, 0.3, 0.31)];
    expect(checkCollisions(routes, [...apart, ...byChance], NONE)).toEqual([]);
  });

  it("of many kinds make a task too broad", () => {
    const many = Array.from({ length: 13 }, (_, kind) => samples(`kind ${kind}`, 5, 1, 0)).flat();
    expect(brief(checkCollisions(routes, [...many, ...samples("poetry", 10, 0, 1)], NONE))).toEqual([["too broad", "code"]]);
  });

  it("that mostly go to no task make the closest one too narrow", () => {
    const few = [...samples("coding", 2, 1, 0), ...samples("coding", 10, 0.2, 0)];
    const [finding] = checkCollisions(routes, [...few, ...samples("poetry", 10, 0, 1)], NONE);
    expect(finding).toMatchObject({ kind: "too narrow", tasks: ["code"] });
    expect(finding?.reason).toContain('of 12 sample requests of the kind "coding" it gets 2, and 10 go to no task');
  });

  it("that never reach a task are told", () => {
    expect(brief(checkCollisions(routes, samples("poetry", 10, 0, 1), NONE))).toEqual([["too narrow", "code"]]);
  });
});

describe("npm run lint:routers", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "lint-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  function configWith(...tasks: string[]): string {
    const file = path.join(folder, "config.yaml");
    const policies = tasks.map((description, index) => `{task: {name: task-${index}, description: "${description}"}, models: [openai/a]}`);
    writeFileSync(
      file,
      `version: v0.4.0
listeners: [{type: model, name: llm, port: 0}]
model_providers: [{model: openai/a, access_key: $NO_SUCH_KEY}]
routers: [{name: desk, policies: [${policies.join(", ")}], fallback_models: [openai/a]}]
`,
    );
    return file;
  }

  const lint = (...tasks: string[]) => run(configWith(...tasks), "--routers", path.join(folder, "none.json"));

  function run(config: string, ...args: string[]) {
    const { status, stdout } = spawnSync(process.execPath, [path.join(import.meta.dirname, "main.ts"), "--config", config, ...args], {
      encoding: "utf8",
    });
    return { status, stdout };
  }

  it("has nothing to say of tasks that can be told apart", () => {
    const { status, stdout } = lint("writing poems, stories and songs", "translating a text from one language into another");
    expect(stdout).toBe("desk: nothing to mend\n");
    expect(status).toBe(0);
  });

  it("has nothing to say of the project's own presets", () => {
    const config = path.join(import.meta.dirname, "../../../config/plano_config.yaml");
    const { status, stdout } = run(config, "--routers", path.join(folder, "none.json"));
    expect(stdout.split("\n").filter((line) => line !== "" && !line.endsWith(": nothing to mend"))).toEqual([]);
    expect(status).toBe(0);
  }, 60_000);

  it("looks at routers of the management API too", () => {
    const router = {
      ...{ uuid: "0c7a1f52-3f55-4a53-9d0e-5b1f8a4f7c11", name: "made", description: "" },
      policies: [{ custom_task: { name: "code", description: "handle code stuff" }, models: ["openai/a"] }],
      fallback_models: ["openai/a"],
      ...{ created_at: "2026-11-23T00:00:00.000Z", updated_at: "2026-11-23T00:00:00.000Z" },
    };
    const file = path.join(folder, "routers.json");
    const stored = (routers: object[]) => writeFileSync(file, JSON.stringify({ version: 1, routers }));
    const config = configWith("writing poems, stories and songs");
    stored([router]);
    expect(run(config, "--routers", file, "--router", "made").stdout).toContain("too broad: code: ");
    stored([{ ...router, name: 1 }]);
    expect(run(config, "--routers", file)).toMatchObject({ status: 2, stdout: "" });
  });

  it("says what is wrong, and shows the requests that collide", () => {
    const { status, stdout } = lint("handle code stuff", "writing code in any programming language", "solving quadratic equations");
    expect(stdout).toContain("too broad: task-0: ");
    expect(stdout).toMatch(/overlapping: task-0 and task-1: \d+ sample requests fit both about equally .*\n {4}".+"/);
    expect(stdout).toContain("too narrow: task-2: ");
    expect(status).toBe(1);
  });
});
