import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { match, safeNext, to, withQuery } from '../../dashboards/web/router.ts';

const test = suite('router');

const patterns = [
  ['home', '/'],
  ['shelves', '/shelves'],
  ['newShelf', '/shelves/new'],
  ['shelf', '/shelves/:id'],
  ['book', '/shelves/:id/books/:number'],
  ['invoice', '/invoices/:number'],
] as const;
const found = (path: string) => match(path, patterns);

test('a path finds its page and the values in it, with or without a last slash', () => {
  assert.equal(found('/'), { page: 'home', values: [] });
  for (const end of ['', '/']) {
    assert.equal(found(`/shelves${end}`), { page: 'shelves', values: [] });
    assert.equal(found(`/invoices/12${end}`), { page: 'invoice', values: ['12'] });
    assert.equal(found(`/shelves/a%20b/books/7${end}`), { page: 'book', values: ['a b', '7'] });
  }
});

test('the first pattern that fits is the page', () => {
  assert.equal(found('/shelves/new'), { page: 'newShelf', values: [] });
  assert.equal(match('/shelves/new', patterns.toReversed()), { page: 'shelf', values: ['new'] });
});

test('an id with odd letters comes back as it was', () => {
  for (const id of ['e1', 'a/b', 'ü %', '../x', ':id', '', 'new?x#y']) {
    const expected = id === '' ? { page: 'shelves', values: [] } : { page: 'shelf', values: [id] };
    assert.equal(found(`/shelves/${encodeURIComponent(id)}`), expected);
    if (id !== '') assert.equal(match(to.endpoint(id), [['endpoint', '/endpoints/:id']])?.values, [id]);
  }
});

test('what fits no pattern is no page', () => {
  const numbers = ['0', '-1', '01', '1e3', '1.5', 'x', '12345678901', '%31'].map((text) => `/invoices/${text}`);
  const escapes = ['/shelves/%zz', '/shelves/%', '/shelves/%E0%A4', '/shelves/%zz/books/1'];
  const others = [
    '/nowhere',
    '/invoices',
    '/shelves/a/b',
    '/shelves/a/books',
    '/Shelves',
    '/toString/a',
    '/:id',
    '/%73helves',
  ];
  for (const path of [...numbers, ...escapes, ...others]) assert.is(found(path), null, path);
});

test('a query keeps what was not changed, and loses what was emptied', () => {
  assert.is(withQuery('?a=1&b=2', { b: null, c: 'x y' }), '?a=1&c=x+y');
  assert.is(withQuery('?a=1', { a: null }), '');
  assert.is(withQuery('?a=1', { a: '' }), '?a=', 'an empty value is a value: endpoints without a site');
});

test('a log-in leads only into this app', () => {
  assert.is(safeNext('/tickets/3'), '/tickets/3');
  for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', null]) {
    assert.is(safeNext(next), '/', String(next));
  }
});

test.run();
