/** Parts of the embedded resolver that can be left out to measure what each brings; the gateway uses all. */
export const PARTS = ["bank", "intents", "rivals", "broader", "unserved", "lift", "head", "tail", "context"] as const;
export type Part = (typeof PARTS)[number];
export type Parts = ReadonlySet<Part>;
