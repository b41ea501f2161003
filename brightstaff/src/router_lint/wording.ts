import type { Route } from "../intent/resolver.ts";

/** What is wrong with a task's description, and why that matters. */
export type Finding = {
  readonly kind: "overlapping" | "too broad" | "too narrow" | "says nothing";
  /** The tasks that it is about. */
  readonly tasks: readonly string[];
  readonly reason: string;
  /** Sample requests that show it. */
  readonly samples: readonly string[];
};

/** Words that fit any request, so that they tell none from another. */
const VAGUE = new Set(
  "all any anything assist assistance deal do everything etc general generic handle handling help helping kind kinds manage misc miscellaneous other others process query queries question questions related request requests some something stuff support task tasks thing things topic topics various user users with work".split(
    " ",
  ),
);
const FUNCTION_WORDS = new Set(
  "a about an and are as at by can for from how if in is it its my of on or that the this to what when which who your".split(" "),
);

/** How many telling words a description needs: one names a subject, the second says what is done with it. */
const TELLING_WORDS_MIN = 2;
const VAGUE_SHOWN_MAX = 4;

/** What the words alone show: costs nothing, so that it is told at every start. */
export function checkWording(routes: readonly Route[]): Finding[] {
  return [...routes.flatMap(checkWords), ...sameDescriptions(routes)];
}

function checkWords({ name, description }: Route): Finding[] {
  const words = description.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const telling = words.filter((word) => !VAGUE.has(word) && !FUNCTION_WORDS.has(word));
  // Scripts without spaces have one "word" for a whole sentence.
  if (telling.length >= TELLING_WORDS_MIN || /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]/u.test(description)) return [];
  const vague = [...new Set(words.filter((word) => VAGUE.has(word)))].slice(0, VAGUE_SHOWN_MAX);
  if (telling.length === 0) {
    const reason = `no word of ${JSON.stringify(description)} tells its requests from others`;
    return [{ kind: "says nothing", tasks: [name], reason, samples: [] }];
  }
  const fits = vague.length === 0 ? "" : `; ${vague.map((word) => `"${word}"`).join(", ")} would fit any task`;
  const reason = `"${telling[0]}" is all that ${JSON.stringify(description)} says of its requests${fits}: say what is done, in the requests' own words`;
  return [{ kind: "too broad", tasks: [name], reason, samples: [] }];
}

function sameDescriptions(routes: readonly Route[]): Finding[] {
  const groups = Map.groupBy(routes, ({ description }) => description.trim().toLowerCase());
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => ({
      kind: "overlapping",
      tasks: group.map(({ name }) => name),
      reason: "have the same description, so that nothing tells them apart",
      samples: [],
    }));
}
