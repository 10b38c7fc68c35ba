/** A link to a remote desktop as a file: the settings of the link and no others. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { remoteLink } from '../../collector/remote/template.ts';
import { rdpFileOf } from '../../dashboards/web/pages/rdp-file.ts';

test('each setting of the link is a line, as Windows writes them', () => {
  const of = {
    id: 'e1',
    name: 'desk 7',
    host: 'desk-7',
    address: '10.1.2.3',
    site: null,
    kind: 'workstation',
    tags: [],
  };
  const link = remoteLink('rdp://full%20address=s:{address}:3389&audiomode=i:2', of) ?? '';
  assert.is(rdpFileOf(link), 'full address:s:10.1.2.3:3389\r\naudiomode:i:2\r\n');
  const six = remoteLink('rdp://full%20address=s:{address}', { ...of, address: 'fd00::7' }) ?? '';
  assert.match(rdpFileOf(six) ?? '', /^full address:s:\[?fd00::7\]?\r\n$/);
});

test('a value cannot add a setting, and what is no such link gives no file', () => {
  for (const url of [
    'rdp://full%20address=s:a%0D%0Aalternate%20shell:s:cmd',
    'rdp://full%20address=s:%E0%A4%A',
    'rdp://10.1.2.3',
    'rdp://full%20address=s:a&',
    'https://guac.example.org/?full%20address=s:a',
    'rdp://',
  ])
    assert.is(rdpFileOf(url), null, url);
});

test.run();
