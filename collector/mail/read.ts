/** The bytes of a message become what a ticket needs of it. What it costs is bounded before it is begun. */
import { createHash } from 'node:crypto';
import { simpleParser } from 'mailparser';
import { controls, disturbing, unseen } from '../../shared/safe-text.ts';
import type { Language } from '../../shared/words/index.ts';
import type { OfferedFile } from '../attachments/attachments.ts';
import { addressIn } from '../notify/address-in.ts';
import { authorOf, type MailAuthor, type MailHead } from './headers.ts';

export interface ReadMail {
  hash: string;
  messageId: string | null;
  /** Ids that it answers, the nearest first. */
  refersTo: string[];
  /** All that names a ticket with a signature: ids, and the addresses that it went to. */
  signedText: string;
  /** Null: none that could be answered. */
  sender: { name: string; address: string } | null;
  author: MailAuthor;
  subject: string;
  text: string;
  files: OfferedFile[];
  language: Language | null;
  /** Of a bounce: what the server said, and whom it could not reach. */
  returned: { text: string; recipient: string | null } | null;
}

/** A message of which only the beginning was fetched has its first text, and no files that are whole. */
export interface MailSource {
  bytes: Buffer;
  isWhole: boolean;
}

const headAtMost = 256 * 1024;
/** Its conversion holds up everything else: 512 KiB take up to a second. */
const htmlAtMost = 512 * 1024;
/** More parts than any person attaches: what is beyond is not looked at. */
const filesAtMost = 100;
const nestedAtMost = 30;
/** Logos of signatures. */
const ornamentBytes = 8 * 1024;
const returnedAtMost = 1_000;

/** Why it cannot be read, as a code. */
export class UnreadableMail extends Error {
  readonly why: 'head' | 'nested' | 'parts' | 'broken';
  constructor(why: UnreadableMail['why']) {
    super(`the message cannot be read: ${why}`);
    this.why = why;
  }
}

/** @throws UnreadableMail */
export async function readMail({ bytes, isWhole }: MailSource): Promise<ReadMail> {
  const end = headEnd(bytes);
  if (end > headAtMost) throw new UnreadableMail('head');
  const boundaries = new Set(bytes.toString('latin1').match(/\bboundary\s*=\s*"?[^\s";]{1,200}/gi));
  if (boundaries.size > nestedAtMost) throw new UnreadableMail('nested');
  const parsed = await parse(bytes, false)
    // Longer HTML is not converted; the text beside it, and the files, are there all the same.
    .catch(() => parse(bytes, true))
    .catch((): never => {
      throw new UnreadableMail('broken');
    });
  if (parsed.attachments.length > filesAtMost) throw new UnreadableMail('parts');
  const head: MailHead = new Map(
    [...parsed.headerLines].reverse().map(({ key, line }) => [key, unfolded(line.slice(line.indexOf(':') + 1))]),
  );
  const subject = oneLine(parsed.subject ?? '', 300);
  const [from] = parsed.from?.value.flatMap((one) => one.group ?? [one]) ?? [];
  const address = from?.address === undefined ? null : addressIn(from.address.toLowerCase());
  const author = authorOf(head, address, subject);
  const references = [parsed.references ?? []].flat().slice(-50).reverse();
  const text = plainText(parsed.text ?? '');
  const ids = [parsed.inReplyTo ?? '', ...references].flatMap((one) => one.match(/<[^<>\s]{1,500}>/g) ?? []);
  const addressed = ['to', 'cc', 'delivered-to', 'x-original-to', 'envelope-to'].map((name) => head.get(name) ?? '');
  return {
    hash: hashOf(head, bytes.subarray(0, end)),
    messageId: /<[^<>\s]{1,500}>/.exec(parsed.messageId ?? '')?.[0] ?? null,
    refersTo: [...new Set(ids)],
    signedText: [...ids, ...addressed].join(' ').slice(0, 100_000),
    sender: address === null ? null : { name: oneLine(from?.name ?? '', 60), address },
    ...{ author, subject, text, language: languageOf(head, `${subject} ${text}`) },
    files: isWhole
      ? parsed.attachments
          .filter(
            ({ related, size, contentType }) => !(related && size < ornamentBytes && contentType.startsWith('image/')),
          )
          .map(({ filename, content }) => ({ name: filename, content }))
      : [],
    returned: author === 'bounce' ? returnedBy(head, bytes, text) : null,
  };
}

const parse = (bytes: Buffer, skipHtmlToText: boolean) =>
  simpleParser(bytes, {
    ...{ skipImageLinks: true, skipTextToHtml: true, skipTextLinks: true, skipHtmlToText },
    ...(skipHtmlToText ? {} : { maxHtmlLengthToParse: htmlAtMost }),
  });

/** Of what the sender may choose alone, and no relay changes. */
function hashOf(head: MailHead, headBytes: Buffer): string {
  const named = ['message-id', 'from', 'date', 'subject'].map((name) => head.get(name) ?? '');
  return createHash('sha256')
    .update(named[0] === '' ? headBytes : JSON.stringify(named))
    .digest('hex');
}

function headEnd(bytes: Buffer): number {
  const at = [bytes.indexOf('\r\n\r\n'), bytes.indexOf('\n\n')].filter((one) => one >= 0);
  return at.length === 0 ? bytes.length : Math.min(...at);
}

const unfolded = (text: string) => text.replace(/\r?\n[ \t]+/g, ' ').trim();

function oneLine(text: string, most: number): string {
  return [...text.replace(disturbing, ' ').replace(unseen, '').replace(/\s+/g, ' ').trim()].slice(0, most).join('');
}

const plainText = (text: string) =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(controls, '')
    .replace(/[\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/\n{4,}/g, '\n\n\n')
    .trim();

/** Kana are written in Japanese alone. */
function languageOf(head: MailHead, text: string): Language | null {
  const said = /^\s*(en|ja)\b/i.exec(head.get('content-language') ?? '')?.[1]?.toLowerCase();
  if (/[\u3040-\u30ff]/.test(text)) return 'ja';
  return said === 'ja' || said === 'en' ? said : null;
}

/** The part for people, and the address of RFC 3464. */
function returnedBy(head: MailHead, bytes: Buffer, text: string) {
  const raw = bytes.subarray(0, 1024 * 1024).toString('latin1');
  const named =
    /^final-recipient:\s*rfc822\s*;\s*<?([^\s<>]{3,320})>?/im.exec(raw)?.[1] ?? head.get('x-failed-recipients');
  return { text: text.slice(0, returnedAtMost), recipient: addressIn(named ?? '') };
}

/** A mail server that gives one back repeats its head: our signed id stands anywhere in it. */
export const returnedText = ({ bytes }: MailSource): string => bytes.subarray(0, 1024 * 1024).toString('latin1');
