/** Work of one key runs in the order it came, one at a time; different keys do not wait for each other. */
export function oneAtATime() {
  const tails = new Map<string, Promise<void>>();
  function run(key: string, work: () => Promise<void>): Promise<void> {
    const before = tails.get(key) ?? Promise.resolve();
    // A failure belongs to its own caller; the next in turn starts all the same.
    const mine = before.catch(() => undefined).then(work);
    tails.set(key, mine);
    const leave = () => {
      if (tails.get(key) === mine) tails.delete(key);
    };
    mine.then(leave, leave);
    return mine;
  }
  return { run, idle: async () => void (await Promise.allSettled(tails.values())) };
}
