/** The smallest observer: what protocol, call and session tell their owners. */
export class Emitter {
  #listeners = new Map();

  /** @param {string} type @param {(detail: any) => void} listener @returns {() => void} takes it off again */
  on(type, listener) {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** A listener's exception is reported, and the others are still called. */
  emit(type, detail) {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) {
      try {
        listener(detail);
      } catch (error) {
        console.error(error);
      }
    }
  }
}
