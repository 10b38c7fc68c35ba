import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { csvLimits, parseCsv, readCsv, writeCsv } from '../../shared/csv.ts';
import { disturbers, hasDisturber } from '../support/disturbers.ts';

const cellsOf = (text: string) => parseCsv(text).rows.map(({ cells }) => cells);
const faultsOf = (text: string) => parseCsv(text).faults.map(({ line, value, why }) => [line, value, why.code]);

test('what spreadsheets write is read: marks, line ends, quotation marks, separators', () => {
  const table = [
    ['a', 'b'],
    ['1', 'x'],
  ];
  for (const text of ['a,b\n1,x', '\ufeffa,b\r\n1,x\r\n', 'a;b\r1;x\r', 'a\tb\n\n1\tx\n\n', '"a","b"\r\n"1","x"'])
    assert.equal(cellsOf(text), table, JSON.stringify(text));
  assert.equal(cellsOf('a,b\n"x, ""y""\r\nz",6" disk'), [
    ['a', 'b'],
    ['x, "y"\r\nz', '6" disk'],
  ]);
  // The separator inside of quotation marks says nothing about the file.
  assert.equal(cellsOf('"a;b;c",d\n1,2'), [
    ['a;b;c', 'd'],
    ['1', '2'],
  ]);
  for (const nothing of ['', '\ufeff', '\r\n', ',,\n,']) assert.equal(parseCsv(nothing).rows, [], nothing);
});

test('a table shown in a terminal does not command it', () => {
  for (const one of disturbers) {
    const text = writeCsv([[`a${one}b`, 1]]).slice(1);
    assert.not.ok(hasDisturber(text.replaceAll(/[\t\r\n]/g, '')), JSON.stringify(text));
    assert.is(cellsOf(text).length, 1);
  }
});

test('no cell goes out that a spreadsheet would run, and each is read as it was', () => {
  const bad = [
    '=1+1',
    '+1',
    '-1',
    '@x',
    '\t=1',
    '\r=1',
    '\n=1',
    ' =1',
    "'=1",
    "''=1",
    '＝1',
    '＠x',
    "'x",
    '=HYPERLINK("a","b")',
  ];
  const text = writeCsv([bad]);
  const raw = text
    .slice(1)
    .trimEnd()
    .split(/,(?=["']|[^"]*$)/);
  for (const cell of raw) assert.not.match(cell, /^"?\s*[=+\-@＝＠]/, cell);
  assert.equal(cellsOf(text), [bad]);
  assert.is(writeCsv([[-5, true, null, 'x']]), '\ufeff-5,true,,x\r\n');
});

test('whatever is written is read as it was', () => {
  const letters = fc.constantFrom(...'=+-@\t\r\n",;\' ab日＝'.split(''));
  const cell = fc.array(letters, { maxLength: 8 }).map((all) => all.join(''));
  const row = fc.array(cell, { minLength: 2, maxLength: 4 }).filter((cells) => cells.some((one) => one !== ''));
  // The first line has a comma at least, which decides on the separator.
  const rows = fc.array(row, { maxLength: 4 }).map((all) => [['a', 'b', 'c'], ...all]);
  fc.assert(fc.property(rows, (all) => assert.equal(cellsOf(writeCsv(all)), all)));
});

test('every fault has its line, its value and the reason, and the lines after it are read', () => {
  assert.equal(faultsOf('a,b\n"x"y,1\n2,3\n"4'), [
    [2, 'x', 'csv_after_quote'],
    [4, '4', 'csv_quote_open'],
  ]);
  assert.equal(cellsOf('a,b\n"x"y,1\n2,3\n"4'), [
    ['a', 'b'],
    ['2', '3'],
  ]);
  // Line numbers count the lines in quoted cells, and empty ones.
  assert.equal(faultsOf('a\n"1\n2"\n\n"3"4'), [[5, '3', 'csv_after_quote']]);
  assert.equal(faultsOf('a,b\n"1\n2","3\n4"x'), [[3, '3\n4', 'csv_after_quote']]);
  assert.equal(faultsOf('a\nx\u0000y\nK\ufffdln'), [
    [2, 'x\u0000y', 'csv_not_text'],
    [3, 'K\ufffdln', 'csv_not_text'],
  ]);
});

test('a file from outside costs no more than its bounds', () => {
  const codes = (text: string) => parseCsv(text).faults.map(({ why }) => why.code);
  assert.equal(codes('x'.repeat(csvLimits.text + 1)), ['csv_too_long']);
  assert.equal(codes('x'.repeat(csvLimits.cell + 1)), ['csv_long_cell']);
  assert.equal(codes(',x'.repeat(csvLimits.columns)), ['csv_many_columns']);
  assert.equal(codes('x\n'.repeat(csvLimits.rows + 1)), []);
  assert.equal(codes('x\n'.repeat(csvLimits.rows + 2)), ['csv_many_rows']);
  assert.is(codes('"x"y\n'.repeat(1000)).length, csvLimits.faults);
  const start = performance.now();
  for (const piece of ['"', '""', ',', '"\n', '\r', "'", '"a"b\r\n', '" ', ';,\t'])
    parseCsv(piece.repeat(csvLimits.text / piece.length));
  assert.ok(performance.now() - start < 3000, 'linear time');
});

test('columns are found by the names in the first line, in any order', () => {
  const { records, faults } = readCsv('Amount, NAME\n 5 ,x\n,y\n', ['name', 'amount', 'note'], ['note']);
  assert.equal(faults, []);
  assert.equal(records, [
    { line: 2, of: { name: 'x', amount: '5', note: '' } },
    { line: 3, of: { name: 'y', amount: '', note: '' } },
  ]);
  const codes = (text: string) =>
    readCsv(text, ['name', 'amount']).faults.map(({ line, column, why }) => [line, column, why.code]);
  assert.equal(codes('name,amuont,name\n'), [
    [1, 'amuont', 'csv_column_unknown'],
    [1, 'name', 'csv_column_twice'],
    [1, 'amount', 'csv_column_missing'],
  ]);
  assert.equal(codes('name,amount\nx,1,2\n'), [[2, null, 'csv_many_cells']]);
  assert.equal(codes('name\n'), [[1, 'amount', 'csv_column_missing']]);
  for (const nothing of ['', '\ufeff', '\n\n']) assert.equal(codes(nothing), [[1, null, 'csv_empty']]);
});

test.run();
