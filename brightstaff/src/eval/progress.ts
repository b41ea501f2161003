/** A bar on the terminal, nothing elsewhere. */
export class ProgressBar {
  readonly #total: number;
  readonly #what: string;
  readonly #started_ms = performance.now();
  #done = 0;

  constructor(what: string, total: number) {
    this.#what = what;
    this.#total = total;
  }

  step(): void {
    this.#done += 1;
    if (process.stderr.isTTY !== true) return;
    if (this.#done === this.#total) process.stderr.write("\r\u001b[K");
    else process.stderr.write(`\r\u001b[K${this.#line()}`);
  }

  #line(): string {
    const filled = Math.floor((BAR_WIDTH * this.#done) / this.#total);
    const left_s = ((performance.now() - this.#started_ms) / 1000 / this.#done) * (this.#total - this.#done);
    return `${this.#what} [${"#".repeat(filled)}${"-".repeat(BAR_WIDTH - filled)}] ${this.#done}/${this.#total}, ${Math.ceil(left_s)} s left`;
  }
}

const BAR_WIDTH = 30;
