/** The search of the web app: what a question finds, mistyped, in full width, by parts of a name. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findIn, folded, mistakes, nearness, scoreOf, wordsOf } from '../../dashboards/web/pages/find/rank.ts';

const test = suite('search of the web app');
const all = ['build-0005', 'files-0018', 'birch-0016', 'Müller', 'データベース', 'ber-build-1', 'rebuild'].map(
  (name) => ({
    name: folded(name),
    also: folded(name === 'birch-0016' ? 'Paris Windows build 19045' : ''),
  }),
);
const names = (question: string) => findIn(all, wordsOf(question), 5).items.map(({ name }) => name);

test('full width is half width; katakana is hiragana; case and accents do not matter', () => {
  assert.is(folded('ＢＵＩＬＤ－０００５'), 'build-0005');
  assert.is(folded('ﾃﾞｰﾀﾍﾞｰｽ'), folded('データベース'));
  assert.equal(names('ｍｕｌｌｅｒ'), ['muller']);
  assert.equal(names('でーた'), [folded('データベース')]);
  assert.is(folded('が'), folded('ガ'), 'and a mark of a kana is no accent');
  assert.not.ok(scoreOf(['か'], folded('が')));
});

test('a name that begins with it is first, then words within, then what else it is found by', () => {
  assert.equal(names('build'), ['build-0005', 'ber-build-1', 'rebuild', 'birch-0016']);
  assert.equal(names('build ber'), ['ber-build-1']);
  assert.equal(names('nowhere'), []);
});

test('typos are forgiven where nothing else is found, the more the longer the word', () => {
  assert.equal(names('biuld'), ['build-0005', 'ber-build-1']);
  assert.equal(names('fiels-0018'), ['files-0018']);
  assert.equal(names('buidl 0005'), ['build-0005']);
  assert.equal(names('bld'), [], 'three letters are too much alike');
  assert.is(mistakes('abc', 'acbx'), 1);
  assert.is(mistakes('', 'abc'), 0);
  assert.is(nearness(['datbase'], 'the database'), 1);
  const boxes = Array.from({ length: 60 }, (_, at) => ({ name: `box-00${at + 10}`, also: '' }));
  assert.is(findIn(boxes, ['bxo-0042'], 5).items[0]?.name, 'box-0042', 'fewest mistakes first');
});

test('at most so many', () => {
  const many = Array.from({ length: 30 }, (_, at) => ({ name: `disk-${at}`, also: '' }));
  assert.is(findIn(many, ['disk'], 5).items.length, 5);
  assert.is(findIn(many, ['dsik'], 5).items.length, 5);
});

test.run();
