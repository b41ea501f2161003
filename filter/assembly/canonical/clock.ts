/** The time of day, told by whoever has a clock: the formats that date their answers (OpenAI's `created`) read it here. */
export class Clock {
  /** Seconds since the epoch. */
  seconds: i64 = 0;
}

export const clock = new Clock();
