/** What a drill says: how far it is while it runs, and what it counted. */

export interface Row {
  what: string;
  figure: number;
  /** Left out: a figure that nothing depends on. */
  holds?: boolean;
}

/** @returns to be called with what is done; says so at most once in `everyMs`, with the time that is left at this pace */
export function createProgress(count: number, everyMs: number, say: (line: string) => void) {
  const began = performance.now();
  let toldAt = began;
  return (done: number, more: string) => {
    const now = performance.now();
    if (now - toldAt < everyMs) return;
    toldAt = now;
    const leftS = Math.round((((now - began) / done) * (count - done)) / 1000);
    const left = leftS < 90 ? `${leftS} s` : `${Math.round(leftS / 60)} min`;
    say(`${done} of ${count} · ${more} · about ${left} left`);
  };
}

export function formatTable(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ what }) => what.length));
  const figures = Math.max(...rows.map(({ figure }) => String(figure).length));
  return rows
    .map(({ what, figure, holds }) => {
      const verdict = holds === undefined ? '' : holds ? '  ok' : '  WRONG';
      return `${what.padEnd(width)}  ${String(figure).padStart(figures)}${verdict}`;
    })
    .join('\n');
}
