/** Files of tickets: what is taken, under which name, within which limits, and what is left once nobody wants them. */
import { readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createAttachments } from '../../../collector/attachments/attachments.ts';
import { dispositionOf, safeName } from '../../../collector/attachments/names.ts';
import { typeOf } from '../../../collector/attachments/types.ts';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { openState } from '../../../collector/state/open.ts';
import { createTickets } from '../../../collector/tickets/tickets.ts';
import type { EvenkeelError } from '../../../shared/errors.ts';
import { temporaryFolder } from '../../support/processes.ts';
import { freshPlace } from '../../support/state.ts';

const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(50, 1)]);
const type = (content: Buffer | string) => typeOf(Buffer.from(content as string))?.type ?? null;

test('the type follows from the content', () => {
  assert.is(type(png), 'image/png');
  assert.is(type('%PDF-1.7 x'), 'application/pdf');
  assert.is(type('PK\x03\x04rest'), 'application/zip');
  assert.is(type('Nov 29 10:00:00 web-1 sshd: ok\n'), 'text/plain');
  assert.is(typeOf(Buffer.from('日本語のログ'))?.type, 'text/plain');
  assert.is(typeOf(Buffer.from([0x83, 0x76, 0x83, 0x8a]))?.type, 'text/plain', 'Shift_JIS');
  for (const bad of [
    'MZ\x90\x00',
    '\x7fELF\x02',
    '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    '\xef\xbb\xbf  <!doctype html><p>x',
    '<?xml version="1.0"?><svg/>',
    'hello <script>alert(1)</script>',
    '#!/bin/sh\nrm -rf /',
    '\xd0\xcf\x11\xe0\x00',
  ])
    assert.is(typeOf(Buffer.from(bad, 'latin1')) ?? null, null, bad);
});

test('names are safe, and end as their content does', () => {
  const picture = typeOf(png) as NonNullable<ReturnType<typeof typeOf>>;
  const plain = typeOf(Buffer.from('x')) as NonNullable<ReturnType<typeof typeOf>>;
  assert.is(safeName('../../etc/passwd', plain), 'passwd.txt');
  assert.is(safeName('C:\\Windows\\win.ini', plain), 'win.ini');
  assert.is(safeName('invoice.pdf.exe', picture), 'invoice.pdf.png');
  assert.is(safeName('photo\u202egnp.exe', picture), 'photognp.png');
  assert.is(safeName('con', plain), '_con.txt');
  assert.is(safeName('写真.PNG', picture), '写真.png');
  assert.is(safeName(undefined, plain), 'file.txt');
  assert.is(safeName('...', plain), 'file.txt');
  assert.ok([...safeName(`${'長'.repeat(400)}.log`, plain)].length <= 125);
  assert.is(dispositionOf('a"b\\c.txt').includes('"a_b_c.txt"'), true);
  assert.match(
    dispositionOf('写真.png'),
    /^attachment; filename="__\.png"; filename\*=UTF-8''%E5%86%99%E7%9C%9F\.png$/,
  );
});

async function scene(limits?: { file: number; ticket: number; all: number; files: number }) {
  const folder = temporaryFolder();
  const state = await openState(freshPlace());
  const parts = { state, clock: { now: Date.now, monotonic: Date.now }, changeFeed: createChangeFeed(), zone: 'UTC' };
  const tickets = createTickets(parts);
  const noted: string[] = [];
  const note = async (_: unknown, { name, isPublic }: { name: string; isPublic: boolean }) =>
    void noted.push(`${name} ${isPublic}`);
  const attachments = createAttachments({ ...parts, note, data: folder.path, ...(limits ? { limits } : {}) });
  const open = () =>
    tickets.create({
      ...{ title: 'x', text: null, endpoint: null, impact: 3, urgency: 3, by: 'ada', requester: 'mia' },
      ...{ channel: 'portal', category: 'request' },
    });
  const files = () => {
    try {
      return readdirSync(join(folder.path, 'attachments'), { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile())
        .map((one) => join(one.parentPath, one.name));
    } catch {
      return [];
    }
  };
  return {
    ...{ attachments, tickets, open, files, state, noted },
    async [Symbol.asyncDispose]() {
      await state.destroy();
      folder.remove();
    },
  };
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'kept',
    (thrown: EvenkeelError) => thrown.why[0]?.code ?? thrown.code,
  );

test('kept once by its content, private to its owner, and removed once no row names it', async () => {
  await using on = await scene();
  const [a, b] = [await on.open(), await on.open()];
  const one = await on.attachments.add(a, 'ada', { name: 'x.png', content: png, isPublic: true });
  const two = await on.attachments.add(b, 'bob', { name: 'y.png', content: png, isPublic: false });
  assert.equal([one.isPicture, one.isPublic, two.isPublic, two.by], [true, true, false, 'bob']);
  assert.equal(on.noted, ['x.png true', 'y.png false'], 'in the history of the ticket');
  const [file = ''] = on.files();
  assert.is(on.files().length, 1);
  assert.is(statSync(file).mode & 0o777, 0o600);
  assert.equal((await on.attachments.read(a, one.id)).content, png);
  assert.is(await codeOf(on.attachments.read(b, one.id)), 'not_there', 'by another ticket it is not found');
  await on.attachments.remove(a, one.id);
  const longAgo = new Date(Date.now() - 86_400_000);
  utimesSync(file, longAgo, longAgo);
  await on.attachments.chore.run();
  assert.is(on.files().length, 1, 'the other ticket has it');
  await on.attachments.remove(b, two.id);
  await on.attachments.chore.run();
  assert.is(on.files().length, 0);
});

test('each limit by its name', async () => {
  await using on = await scene({ file: 100, ticket: 150, all: 220, files: 3 });
  const [a, b] = [await on.open(), await on.open()];
  const add = (ticket: number, size: number) =>
    codeOf(on.attachments.add(ticket, 'ada', { name: 'a', content: Buffer.alloc(size, 65), isPublic: false }));
  assert.is(await add(a, 0), 'file_empty');
  assert.is(await add(a, 101), 'file_too_big');
  assert.is(await add(a, 100), 'kept');
  assert.is(await add(a, 60), 'file_ticket_full');
  assert.is(await add(a, 10), 'kept');
  assert.is(await add(a, 11), 'kept');
  assert.is(await add(a, 1), 'file_too_many');
  assert.is(await add(b, 100), 'file_all_full');
  assert.is(
    await codeOf(on.attachments.add(b, 'ada', { name: 'a', content: Buffer.from('MZ\x00'), isPublic: false })),
    'file_type',
  );
  await on.tickets.setState(b, 'ada', { to: 'cancelled', text: 'no' });
  assert.is(await add(b, 10), 'CONFLICT');
  assert.is(await add(999, 10), 'not_there');
});

test.run();
