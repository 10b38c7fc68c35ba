/** The stream of a page on a connection that was cut without a word: no error comes, and no beat of the collector either. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';

type Listener = (event: { data: string }) => void;
class FakeSource {
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  static all: FakeSource[] = [];
  readyState = FakeSource.OPEN;
  onopen: (() => Promise<void>) | null = null;
  onmessage: Listener | null = null;
  onerror: (() => void) | null = null;
  beat: Listener = () => {};
  constructor() {
    FakeSource.all.push(this);
  }
  addEventListener(name: string, listener: Listener) {
    assert.is(name, 'beat');
    this.beat = listener;
  }
  close() {
    this.readyState = FakeSource.CLOSED;
  }
}

let now = 0;
let ids = 0;
const timers = new Map<number, { at: number; run: () => void }>();
function pass(ms: number) {
  for (const end = now + ms; ; ) {
    const due = [...timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0];
    if (!due) {
      now = end;
      return;
    }
    now = due[1].at;
    timers.delete(due[0]);
    due[1].run();
  }
}
const silentPage = { addEventListener() {}, removeEventListener() {} };
const fakes = {
  window: silentPage,
  document: { ...silentPage, hidden: false },
  EventSource: FakeSource,
  setTimeout: (run: () => void, ms: number) => {
    timers.set(++ids, { at: now + ms, run });
    return ids;
  },
  clearTimeout: (id: number) => timers.delete(id),
};
const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
test.before(() => void Object.assign(globalThis, fakes));
test.after(() => void Object.assign(globalThis, real));

test('it counts as cut soon after the last beat, and is opened again; with beats it stays', async () => {
  const { shareStream } = await import('../../dashboards/web/net/share-stream.ts');
  const said: string[] = [];
  const end = shareStream('x', {
    opened: (afresh) => said.push(`opened ${afresh}`),
    cut: () => said.push('cut'),
    receive: (text) => said.push(text),
    stillMine: async () => true,
  });
  const first = FakeSource.all[0] as FakeSource;
  await first.onopen?.();
  // Of a collector that sends none nothing is expected.
  pass(600_000);
  assert.equal(said, ['opened true']);
  for (let n = 0; n < 10; n++) {
    first.beat({ data: '1' });
    pass(15_000);
  }
  first.onmessage?.({ data: 'a change' });
  assert.equal(said, ['opened true', 'a change']);
  pass(30_000);
  assert.equal(said.slice(2), ['cut']);
  assert.is(first.readyState, FakeSource.CLOSED);
  const [, second] = FakeSource.all;
  assert.is(FakeSource.all.length, 2, 'opened again by itself');
  await second?.onopen?.();
  assert.equal(said.slice(3), ['opened true']);
  end();
  pass(600_000);
  assert.is(FakeSource.all.length, 2);
});

test.run();
