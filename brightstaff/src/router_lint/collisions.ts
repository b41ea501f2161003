import type { Route } from "../intent/resolver.ts";
import type { Finding } from "./wording.ts";

/** A request of a known kind, and by route how well it fits. */
export type Sample = { readonly prompt: string; readonly kind: string; readonly scores: readonly number[] };

/** Two routes this close to each other are a toss-up: rewording a request would move it. */
const CLOSE = 0.15;
/** Tasks overlap when so many sample requests fit both, and these are such a share of what the smaller one gets. */
const COLLISIONS_MIN = 4;
const COLLISIONS_SHARE_MIN = 0.2;
/** A kind is a task's (or two tasks') when this share of its samples goes there: what else they get, they get by chance. */
const KIND_SHARE_MIN = 0.5;
/** A task that more kinds belong to is too broad. A whole craft, such as all that is done with code, has some nine. */
const KINDS_MAX = 12;
/** A task is too narrow when, of the kind that it gets most of, it gets so few while nearly all of the rest are nobody's. */
const NARROW_SHARE_MAX = 0.34;
const NOBODYS_SHARE_MIN = 0.6;
const SAMPLES_SHOWN_MAX = 3;

/**
 * What sample requests show of a router's tasks, by the measure that decides on real ones. `none` is the score that a route has to pass. Pure.
 */
export function checkCollisions(routes: readonly Route[], samples: readonly Sample[], none: number): Finding[] {
  const decided = samples.map((sample) => ({ ...sample, winner: winnerOf(sample.scores, none) }));
  const kinds = [...Map.groupBy(decided, ({ kind }) => kind).values()];
  const pairs = routes.flatMap((_, left) => routes.slice(left + 1).map((_, ahead) => [left, left + 1 + ahead] as const));
  return [
    ...pairs.flatMap(([left, right]) => overlap(left, right, routes, kinds, none)),
    ...routes.flatMap(({ name }, route) => tooBroad(name, route, kinds)),
    ...routes.flatMap(({ name }, route) => tooNarrow(name, route, kinds)),
  ];
}

type Decided = Sample & { readonly winner: number | null };
/** The samples of each kind. */
type Kinds = readonly (readonly Decided[])[];

function winnerOf(scores: readonly number[], none: number): number | null {
  const best = Math.max(...scores);
  return best > none ? scores.indexOf(best) : null;
}

function kindsOf(routes: readonly number[], kinds: Kinds): Kinds {
  return kinds.filter(
    (own) => own.filter(({ winner }) => winner !== null && routes.includes(winner)).length >= own.length * KIND_SHARE_MIN,
  );
}

function overlap(left: number, right: number, routes: readonly Route[], kinds: Kinds, none: number): Finding[] {
  const common = kindsOf([left, right], kinds).flat();
  const [ofLeft, ofRight] = [left, right].map((route) => common.filter(({ winner }) => winner === route).length) as [number, number];
  const collisions = common.filter(({ winner, scores }) => {
    const [one, other] = [scores[left] as number, scores[right] as number];
    return (winner === left || winner === right) && Math.min(one, other) > none && Math.abs(one - other) < CLOSE;
  });
  const smaller = Math.max(1, Math.min(ofLeft, ofRight));
  if (collisions.length < COLLISIONS_MIN || collisions.length / smaller < COLLISIONS_SHARE_MIN) return [];
  const reason = `${collisions.length} sample requests fit both about equally (they get ${ofLeft} and ${ofRight}): say in each what the other is not for, or make them one`;
  const tasks = [left, right].map((route) => routes[route]?.name ?? "");
  return [{ kind: "overlapping", tasks, reason, samples: shown(collisions) }];
}

function tooBroad(name: string, route: number, kinds: Kinds): Finding[] {
  const own = kindsOf([route], kinds);
  if (own.length <= KINDS_MAX) return [];
  const reason = `${own.length} different kinds of sample requests belong to it, and the models behind it can't be the best for all of them`;
  const oneOfEach = own.flatMap((samples) => samples.filter(({ winner }) => winner === route).slice(0, 1));
  return [{ kind: "too broad", tasks: [name], reason, samples: shown(oneOfEach) }];
}

function tooNarrow(name: string, route: number, kinds: Kinds): Finding[] {
  const gets = (samples: readonly Decided[], winner: number | null) => samples.filter((sample) => sample.winner === winner);
  const [main = []] = [...kinds].sort((one, other) => gets(other, route).length - gets(one, route).length);
  const [own, nobodys] = [gets(main, route), gets(main, null)];
  if (own.length === 0) {
    const reason = `no sample request of ${kinds.length} kinds reaches it: if others than its own words are to, say what they ask for`;
    return [{ kind: "too narrow", tasks: [name], reason, samples: [] }];
  }
  if (own.length / main.length > NARROW_SHARE_MAX || nobodys.length / main.length < NOBODYS_SHARE_MIN) return [];
  const reason = `of ${main.length} sample requests of the kind "${main[0]?.kind}" it gets ${own.length}, and ${nobodys.length} go to no task`;
  return [{ kind: "too narrow", tasks: [name], reason, samples: shown(nobodys) }];
}

function shown(samples: readonly Sample[]): string[] {
  return samples.slice(0, SAMPLES_SHOWN_MAX).map(({ prompt }) => prompt);
}
