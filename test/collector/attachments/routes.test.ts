/** Files through the REST interface: who may, how long, and in which form they come out again. */
import { request } from 'node:http';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AttachmentView, attachmentLimits } from '../../../shared/attachment.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('files by the REST interface');
let collector: InProcess;
let path: string;
test.before(async () => {
  collector = await openCollector();
  const made = await collector.call('/api/v1/tickets', { method: 'POST', as: 'admin', body: { title: 'Printer' } });
  path = `/api/v1/tickets/${(made.body as { row: { id: number } }).row.id}/attachments`;
});
test.after(() => collector.close());

interface Sent {
  status: number;
  text: string;
}

/** @param length as it is announced; @param content what is sent of it */
function send(query: string, content: Buffer | null, as: 'viewer' | 'operator' | null, length?: number): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const url = new URL(path + query, collector.started.addresses.http);
    const headers: Record<string, string | number> = { 'content-type': 'application/octet-stream' };
    if (as !== null) headers.authorization = `Bearer ${collector.token(as)}`;
    if (length !== undefined) headers['content-length'] = length;
    const sent = request(url, { method: 'POST', headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, text });
        sent.destroy();
      });
    });
    sent.on('error', reject);
    if (content) sent.write(content);
    if (length === undefined) sent.end();
    else sent.flushHeaders();
  });
}

test('too long is refused by what it announces, before any of it is read', async () => {
  const { status, text } = await send('?name=a.txt', null, 'operator', attachmentLimits.file + 1);
  assert.is(status, 413, text);
  assert.is(JSON.parse(text).code, 'TOO_LARGE');
});

test('as long as may be is kept, and the audit log has its name and not its bytes', async () => {
  const { status, text } = await send('?name=long.log', Buffer.alloc(attachmentLimits.file, 65), 'operator');
  assert.is(status, 201, text);
  const entry = await collector.state
    .selectFrom('audit_log')
    .select(['after', 'outcome'])
    .where('action', '=', 'attachments')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  assert.equal(JSON.parse(entry.after ?? '{}'), { file: 'long.log', bytes: attachmentLimits.file, isPublic: false });
  await collector.call(`${path}/${JSON.parse(text).id}`, { method: 'DELETE', as: 'operator' });
});

test('strangers and viewers add nothing', async () => {
  assert.is((await send('?name=a.txt', Buffer.from('x'), null)).status, 401);
  assert.is((await send('?name=a.txt', Buffer.from('x'), 'viewer')).status, 403);
  assert.equal((await collector.call(path, { as: 'viewer' })).body, { items: [], next: null });
});

test('markup and programs are refused with the reason; a text comes back as a download that runs nothing', async () => {
  for (const bad of ['<svg onload="alert(1)"/>', 'MZ\x00\x01'])
    assert.match((await send('?name=a.png', Buffer.from(bad), 'operator')).text, /"code":"file_type"/);
  const { status, text } = await send('?name=%3Cb%3E.html&public=true', Buffer.from('a line'), 'operator');
  assert.is(status, 201, text);
  const { id, name, isPublic } = JSON.parse(text) as AttachmentView;
  assert.equal([name, isPublic], ['_b_.txt', true]);
  const answer = await collector.call(`${path}/${id}`, { as: 'viewer' });
  assert.is(answer.text, 'a line');
  assert.is(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.match(answer.headers.get('content-disposition') ?? '', /^attachment; /);
  assert.is(answer.headers.get('content-security-policy'), "default-src 'none'; sandbox; frame-ancestors 'none'");
  assert.is(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.is((await collector.call(`${path}/${id}`)).status, 401, 'to nobody else');
});

test.run();
