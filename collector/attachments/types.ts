/** What a file is, by its first bytes: its name and what its sender says of it are only claims. Pure. */

export interface FileType {
  type: string;
  /** Of a file without a fitting one. */
  extensions: readonly string[];
  isPicture: boolean;
}

const file = (type: string, isPicture: boolean, ...extensions: string[]): FileType => ({ type, extensions, isPicture });

const startsWith =
  (...bytes: (number | string)[]) =>
  (content: Buffer): boolean =>
    bytes.every((one, at) => {
      if (typeof one === 'string') return content.subarray(at, at + one.length).toString('latin1') === one;
      return content[at] === one;
    });
const textAt = (content: Buffer, at: number, text: string) =>
  content.subarray(at, at + text.length).toString('latin1') === text;

const known: readonly [FileType, (content: Buffer) => boolean][] = [
  [file('image/png', true, 'png'), startsWith(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)],
  [file('image/jpeg', true, 'jpg', 'jpeg'), startsWith(0xff, 0xd8, 0xff)],
  [file('image/gif', true, 'gif'), (content) => textAt(content, 0, 'GIF87a') || textAt(content, 0, 'GIF89a')],
  [file('image/webp', true, 'webp'), (content) => textAt(content, 0, 'RIFF') && textAt(content, 8, 'WEBP')],
  [file('application/pdf', false, 'pdf'), (content) => textAt(content, 0, '%PDF-')],
  // Documents of offices are such, too. None is ever unpacked here.
  [
    file('application/zip', false, 'zip', 'docx', 'xlsx', 'pptx', 'odt', 'ods', 'odp'),
    (content) => textAt(content, 0, 'PK\x03\x04') || textAt(content, 0, 'PK\x05\x06'),
  ],
  [file('application/gzip', false, 'gz', 'tgz'), startsWith(0x1f, 0x8b, 0x08)],
];
const plain = file('text/plain', false, 'txt', 'log', 'csv', 'json', 'md', 'yaml', 'yml', 'conf', 'ini', 'eml');

/** Of a text, so much is looked at for what a browser could take for markup. */
const sniffedBytes = 1024;
/** ISO-2022-JP changes its characters with it. */
const escapeByte = 27;

/** @returns null for a type that is not taken: programs, markup, and whatever is not known */
export function typeOf(content: Buffer): FileType | null {
  for (const [type, is] of known) if (is(content)) return type;
  return isPlainText(content) ? plain : null;
}

/** In UTF-8 or any older encoding: of these bytes none is a character of a text, and programs are full of them. */
function isPlainText(content: Buffer): boolean {
  if (content.some((byte) => byte < 8 || (byte > 13 && byte < 32 && byte !== escapeByte) || byte === 127)) return false;
  const head = content
    .subarray(0, sniffedBytes)
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart();
  // HTML, SVG and XML can hold scripts; what begins with `#!` is one.
  return !/^(?:<[!?/a-z]|#!|%!ps)/i.test(head) && !/<(?:!doctype|html|svg|script|body|iframe)\b/i.test(head);
}
