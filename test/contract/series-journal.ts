/** What a series store's journal does, whatever backend is behind it: accept, deduplicate, settle, newest values. */
import * as assert from 'uvu/assert';
import { arrival, cpu, epochA, epochB, hour, minute, noon, type OpenStore, suiteOf } from './series.ts';

export function journalContract(name: string, open: OpenStore): void {
  const { test, opened } = suiteOf(`series journal: ${name}`, open);

  test('a report is stored once, however often and however close together it comes', async () => {
    const same = () => opened.store.append(cpu('one', 1, 5, noon - minute));
    const answers = await Promise.all([same(), same(), same()]);
    assert.equal(answers.sort(), ['duplicate', 'duplicate', 'stored']);
    assert.is(await same(), 'duplicate');
    assert.equal(await opened.values('cpu.usage_active', 'count'), [[null, null, null, null, null, 1]]);
    assert.is(opened.store.stats().duplicates, 3);
  });

  test('the same number with other content is no duplicate, while the first is on its way, later, and after a restart', async () => {
    const first = opened.store.append(cpu('one', 1, 5, noon - minute));
    assert.is(await opened.store.append(cpu('one', 1, 6, noon - minute)), 'conflict');
    assert.is(await first, 'stored');
    let settled = false;
    const other = cpu('one', 1, 7, noon - minute);
    assert.is(
      opened.store.accept(other, () => {
        settled = true;
      }),
      'conflict',
    );
    await opened.store.append(cpu('one', 2, 8, noon - 2 * minute));
    assert.not(settled, 'nobody is told that it is stored');
    await opened.again();
    await opened.again();
    assert.is(await opened.store.append(other), 'conflict');
    assert.is(await opened.store.append(cpu('one', 1, 5, noon - minute)), 'duplicate');
    assert.equal(await opened.values('cpu.usage_active', 'count'), [[null, null, null, null, null, 2]]);
  });

  test('what is not remembered any more is not taken for the same', async () => {
    for (let seq = 1; seq <= 600; seq++) void opened.store.append(cpu('one', seq, seq, noon - minute));
    await opened.store.append(cpu('one', 601, 1, noon - minute));
    assert.is(await opened.store.append(cpu('one', 3, 4, noon - minute)), 'conflict');
    assert.is(await opened.store.append(cpu('one', 600, 1, noon - minute)), 'conflict');
    assert.is(await opened.store.append(cpu('one', 600, 600, noon - minute)), 'duplicate');
  });

  test('the same number in another epoch or from another endpoint is another report', async () => {
    assert.is(await opened.store.append(cpu('one', 1, 5, noon)), 'stored');
    assert.is(await opened.store.append(cpu('two', 1, 5, noon)), 'stored');
    assert.is(await opened.store.append(arrival('one', 1, [], { epoch: epochB })), 'stored');
  });

  test('a receipt says what is durable, and what was lost counts as received', async () => {
    for (const seq of [1, 2, 5, 6, 9]) await opened.store.append(cpu('one', seq, 1, noon));
    assert.equal(opened.store.receipt('one', epochA), {
      epoch: epochA,
      through: 2,
      also: [
        [5, 6],
        [9, 9],
      ],
    });
    const lost = [{ epoch: epochA, from: 3, to: 4, reason: 'quota' as const, count: 2 }];
    await opened.store.append(arrival('one', 10, [], { lost }));
    assert.equal(opened.store.receipt('one', epochA), { epoch: epochA, through: 6, also: [[9, 10]] });
    // Given up, and here all the same: it is not what was declared.
    assert.is(await opened.store.append(cpu('one', 4, 1, noon)), 'conflict');
    assert.equal(opened.store.receipt('nobody', epochA), { epoch: epochA, through: 0, also: [] });
  });

  test('everything is there after closing and opening again', async () => {
    await opened.store.append(cpu('one', 1, 40, noon - minute));
    await opened.store.append(cpu('one', 3, 60, noon - 2000));
    await opened.again();
    assert.is(await opened.store.append(cpu('one', 3, 60, noon - 2000)), 'duplicate');
    assert.equal(opened.store.receipt('one', epochA), { epoch: epochA, through: 1, also: [[3, 3]] });
    assert.equal(await opened.values('cpu.usage_active', 'mean'), [[null, null, null, null, null, 50]]);
    const tags = { cpu: 'cpu-total' };
    assert.equal(opened.store.latest('one'), [{ metric: 'cpu.usage_active', tags, at: noon - 2000, value: 60 }]);
  });

  test('the newest value wins, not the last to come; late data lies where it belongs', async () => {
    const day = 24 * hour;
    await opened.store.append(cpu('one', 2, 90, noon - minute));
    await opened.store.append(cpu('one', 1, 10, noon - 10 * day));
    assert.equal(
      opened.store.latest('one').map(({ value }) => value),
      [90],
    );
    const from = noon - 10 * day - 5 * minute;
    const late = await opened.store.query({
      endpoint: 'one',
      metrics: ['cpu.usage_active'],
      from,
      to: from + hour,
      step: 60_000,
    });
    assert.equal(
      late.series[0]?.points.filter(([, value]) => value !== null),
      [[noon - 10 * day, 10]],
    );
  });

  test('a forgotten endpoint has no newest values, also after a restart, and keeps its history', async () => {
    await opened.store.append(cpu('one', 1, 5, noon - minute));
    opened.store.forget('one');
    assert.equal(opened.store.latest('one'), []);
    await opened.again();
    assert.equal(opened.store.latest('one'), []);
    assert.equal(await opened.values('cpu.usage_active', 'max'), [[null, null, null, null, null, 5]]);
  });

  test('a report that can never be stored is refused, and its neighbours are not', async () => {
    const refused = opened.store.append(cpu('one', 1, 5, noon + 40 * 24 * hour)).catch((thrown) => thrown.code);
    assert.is(await opened.store.append(cpu('one', 2, 5, noon)), 'stored');
    assert.is(await refused, 'BAD_TIMESTAMP');
    assert.equal(opened.store.receipt('one', epochA), { epoch: epochA, through: 0, also: [[2, 2]] });
  });

  test('after close nothing is taken any more', async () => {
    const last = opened.store.append(cpu('one', 1, 5, noon));
    await opened.store.close();
    assert.is(await last, 'stored');
    assert.is(await opened.store.append(cpu('one', 2, 5, noon)).catch((thrown) => thrown.code), 'CONFLICT');
  });

  test.run();
}
