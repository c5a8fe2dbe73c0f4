/** Lets actions through in their order, or holds them back until it opens: a network that is cut, or a broker that is frozen. */
export class Gate {
  #closings = 0;
  #held: (() => void)[] = [];

  get isOpen(): boolean {
    return this.#closings === 0;
  }
  pass(action: () => void): void {
    if (this.isOpen) action();
    else this.#held.push(action);
  }
  /** @returns a function that opens it again, unless something else has closed it too. */
  close(): () => void {
    this.#closings += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#closings -= 1;
      while (this.isOpen && this.#held.length > 0) this.#held.shift()!();
    };
  }
}
