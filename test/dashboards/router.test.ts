import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { match, safeNext, to, withQuery } from '../../dashboards/web/router.ts';

const test = suite('router');

test('every page has its address', () => {
  assert.equal(match('/'), { page: 'fleet' });
  for (const page of [
    'alerts',
    'tickets',
    'stability',
    'protection',
    'patches',
    'sites',
    'groups',
    'add',
    'setup',
    'login',
    'settings',
  ] as const) {
    assert.equal(match(`/${page}`), { page });
    assert.equal(match(`/${page}/`), { page });
  }
  assert.equal(match('/tickets/12'), { page: 'ticket', id: 12 });
});

test('an id with odd letters comes back as it was', () => {
  for (const page of ['endpoint', 'site', 'group'] as const) {
    for (const id of ['e1', 'a/b', 'ü %', '../x']) assert.equal(match(to[page](id)), { page, id });
  }
});

test('what is no address is missing', () => {
  for (const path of [
    '/nowhere',
    '/tickets/0',
    '/tickets/x',
    '/tickets/1e3',
    '/endpoints',
    '/endpoints/a/b',
    '/endpoints/%zz',
    '/sites/%zz',
    '/groups/a/b',
    '/toString/a',
  ]) {
    assert.equal(match(path), { page: 'missing' }, path);
  }
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
