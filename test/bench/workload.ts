// What is asked and answered, whatever the wire format: one conversation of about 1 KB, one reply of about 1.5 KB, and the same reply in pieces
// that make stream events of 200 to 300 bytes. How each API writes them stands in formats/.

/** Content events of a paced stream, and the time between two of them. */
export const PACED_CHUNKS = 200;
export const PACED_GAP_MS = 20;
/** Content events of a stream that is sent as fast as it goes. */
export const BURST_CHUNKS = 10;

/** Models of the mock provider; the gateway knows them with a provider's name in front. */
export const MODEL = "bench-1";
export const MODEL_BURST = "bench-burst";
/** The prompt's form goes by the name: Arch-Router's. */
export const MODEL_ROUTER = "arch-router-bench";
/** What the mock provider answers as a routing model, always and at once: an instant resolver. */
export const ROUTE = "code-generation";

export const SYSTEM =
  "You are a careful assistant for a team of engineers. Answer in plain words, name your assumptions, and keep code short.";
export interface Turn {
  role: "user" | "assistant";
  content: string;
}

export const TURNS: readonly Turn[] = [
  {
    role: "user",
    content:
      'We keep orders as a list of dictionaries, e.g. [{"id": 7, "total": 12.5, "placed": "2026-02-11"}].\nHow do I sort them by total, largest first, without changing the list that came in? The list has up to 50 000 entries and is read by other threads.',
  },
  {
    role: "assistant",
    content: 'Use sorted(), which builds a new list:\n\n```python\nby_total = sorted(orders, key=lambda o: o["total"], reverse=True)\n```',
  },
  {
    role: "user",
    content:
      "Thanks. Some orders have no total yet (the key is missing or None), and those must come last, whichever the direction. Please write it as a function with a parameter for the direction, type hints, and a doctest or two; then say in one line what it costs for 50 000 entries.",
  },
];

export const REPLY_TEXT = `Here is a version that keeps orders without a total at the end in both directions:

\`\`\`python
from collections.abc import Iterable
from typing import Any

Order = dict[str, Any]


def by_total(orders: Iterable[Order], *, largest_first: bool = True) -> list[Order]:
    """Orders by total; those without one come last.

    >>> [o["id"] for o in by_total([{"id": 1}, {"id": 2, "total": 5}, {"id": 3, "total": 9}])]
    [3, 2, 1]
    >>> [o["id"] for o in by_total([{"id": 1, "total": None}, {"id": 2, "total": 5}], largest_first=False)]
    [2, 1]
    """
    sign = -1 if largest_first else 1
    return sorted(orders, key=lambda o: (o.get("total") is None, sign * (o.get("total") or 0)))
\`\`\`

The key is a pair: first whether the total is missing (False sorts before True), then the total with its sign. For 50\u202f000 entries that is one pass for the keys and about 800\u202f000 comparisons of pairs: some 40 ms. The list that came in stays as it is, so threads that read it see nothing of the sort.`;

const FILLER =
  'def total_of(order: Order) -> float:\n    """Its total, or zero.\n\n    >>> total_of({"id": 1})\n    0.0\n    """\n    return float(order.get("total") or 0)\n\n\n';
/** Bytes of text that the long conversation has more. */
export const LONG_BYTES = 100_000;
/** The same conversation with a file of code in its first turn. */
export const LONG_TURNS: readonly Turn[] = TURNS.map((turn, i) =>
  i > 0 ? turn : { ...turn, content: `${turn.content}\n\n${FILLER.repeat(Math.ceil(LONG_BYTES / JSON.stringify(FILLER).length))}` },
);

/** Conversations as text: what a provider must see, whatever it was translated from. */
export const CONVERSATIONS = [TURNS, LONG_TURNS].map((turns) =>
  [`system: ${SYSTEM}`, ...turns.map(({ role, content }) => `${role}: ${content}`)].join("\n"),
);

const PIECES = [
  "The key is a pair: whether the total is missing, ",
  'then its value, so that `"total": null` ends up\n',
  "behind all else in either direction. ",
  "A pass over 50\u202f000 entries costs some 40 ms;\n\n",
];
export const USAGE = { input: 251, output: 223 };

export const TOKENS_MAX = 1024;
export const TEMPERATURE = 0.2;

export function pieceOf(index: number): string {
  return PIECES[index % PIECES.length] as string;
}

/** The pieces of a stream. */
export function piecesOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => pieceOf(i));
}

export function streamText(contentChunks: number): string {
  return piecesOf(contentChunks).join("");
}
