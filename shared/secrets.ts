/**
 * Takes secrets out of text that another program has printed, before it goes into a report, a log or a file. Backup tools
 * print the address of a repository with its password, a failed command its whole line, a library its request.
 *
 * Recognised by what stands before them, because a secret itself has no form; known forms of tokens, too. What is only
 * called a password (`wrong password or no key found`, `--password-file /etc/x`) stays as it was. Linear: no pattern begins
 * twice in the same run of characters, or its length is bounded.
 */

const mask = '***';
const word =
  '(?:pass(?:word|wd|phrase)|secret|token|api[-_]?key|secret[-_]?key|access[-_]?key|private[-_]?key|account[-_]?key|credentials?)';
/** In quotes, or up to where a word, a parameter or an entry of a list ends. */
const value = `(?:"[^"\\n]{0,4096}"?|'[^'\\n]{0,4096}'?|[^\\s"'&;,<>]{1,4096})`;
/** What follows the word in names of settings that hold no secret themselves. */
const elsewhere = '(?![-_]?(?:file|command|cmd|path|id|name|type|url|size|len|length|age|expires|count|policy)\\b)';

const rules: readonly (readonly [RegExp, string])[] = [
  // Up to the end of the text where it was cut off.
  [
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
    `-----PRIVATE KEY ${mask}-----`,
  ],
  // `scheme://user:password@host`; the last @ before the path ends the password. Then passwords that hold a slash.
  [/(:\/\/[^/\s:@]{0,256}):[^/\s]{0,512}@/g, `$1:${mask}@`],
  [/(:\/\/[^/\s:@]{0,256}):(?!\d{0,5}(?:[/\s?#]|$))[^\s"'@]{0,256}@/g, `$1:${mask}@`],
  [/\b((?:proxy-)?authorization["']?\s{0,8}[:=]\s{0,8}["']?digest\s)[^\n]+/gi, `$1${mask}`],
  [
    /\b((?:proxy-)?authorization["']?\s{0,8}[:=]\s{0,8}["']?(?:(?:basic|bearer|negotiate|token|aws4-hmac-sha256)\s+)?)[^\s"'][^\n"']*/gi,
    `$1${mask}`,
  ],
  [/\b((?:set-)?cookie2?["']?\s{0,8}:\s{0,8}["']?)[^\s"'][^\n"']*/gi, `$1${mask}`],
  [/\b(bearer\s+)(?=[\w.~+/-]{0,256}\d)[\w.~+/-]{8,4096}=*/gi, `$1${mask}`],
  // `NAME_PASSWORD=x`, `?token=x`, `password="x y"`.
  [
    new RegExp(`((?<![\\w-])[\\w.-]{0,40}${word}${elsewhere}\\w{0,20}\\s?=\\s?)(?!\\*\\*\\*)${value}`, 'gi'),
    `$1${mask}`,
  ],
  [
    /([?&;](?:sig|signature|x-amz-signature|x-amz-security-token|x-goog-signature|pwd|key|auth|code)=)[^\s"'&;,<>]+/gi,
    `$1${mask}`,
  ],
  // `--password x`; an option without a value is followed by another one.
  [
    new RegExp(`((?<![\\w-])--?(?:[a-z0-9]{1,20}-){0,3}(?:${word}|pass)${elsewhere}(?:=|\\s{1,8}))(?!-)${value}`, 'gi'),
    `$1${mask}`,
  ],
  [/((?<![\w-])(?:-u|--user|--proxy-user)[=\s]\s{0,8}[^\s:"']{1,256}:)[^\s"']+/g, `$1${mask}`],
  [/(\bsshpass\s{1,8}-p\s{0,8})\S+/g, `$1${mask}`],
  [/(\b(?:mysql|mariadb)\w{0,20}\b[^\n]{0,200}?\s-p)(?=\S)[^\s"']+/g, `$1${mask}`],
  // JSON, also inside of a string; YAML and sentences only where the value looks like no word.
  [
    new RegExp(
      `(\\\\?["']\\w{0,40}${word}${elsewhere}\\w{0,20}\\\\?["']\\s{0,8}:\\s{0,8}\\\\?["'])[^"'\\\\\\n]{1,4096}`,
      'gi',
    ),
    `$1${mask}`,
  ],
  [
    new RegExp(
      `((?<![\\w-])[\\w-]{0,40}${word}${elsewhere}\\s?:\\s{1,8})(?=[^\\s"']{0,64}\\d)[^\\s"',;]{6,4096}`,
      'gi',
    ),
    `$1${mask}`,
  ],
  [new RegExp(`(<(\\w{0,40}${word})>)[^<\\n]{1,4096}`, 'gi'), `$1${mask}`],
  // Tokens that show what they are: GitHub, GitLab, Slack, AWS, Google, age, JSON web tokens, join codes.
  [
    /(?<![\w-])(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|sk-(?:live|test|ant|proj)-|AIza|AGE-SECRET-KEY-1|EK[12]-)[\w-]{16,4096}/g,
    mask,
  ],
  [/(?<![\w-])(?:AKIA|ASIA)[A-Z0-9]{16}(?![\w-])/g, mask],
  [/(?<![\w-])eyJ[\w-]{8,4096}\.[\w-]{8,4096}\.[\w-]{0,4096}/g, mask],
];

/** Every secret becomes `***`; what stood before it stays, so that the text still says what failed. */
export function withoutSecrets(text: string): string {
  let kept = text;
  for (const [pattern, replacement] of rules) kept = kept.replace(pattern, replacement);
  return kept;
}

/** The same for every text in a value of JSON. What holds none is returned as it is. */
export function withoutSecretsIn<T>(value: T): T {
  if (typeof value === 'string') return withoutSecrets(value) as T;
  if (Array.isArray(value)) return value.map(withoutSecretsIn) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutSecretsIn(one)])) as T;
}

/** Made by a machine, or by somebody who was told to mix letters and digits. A duration, an address, a name and a number are not. */
const made: readonly RegExp[] = [
  // A digit between letters, in a word of six: h4nter2.
  /(?<![A-Za-z0-9])(?=[A-Za-z0-9]{6})[A-Za-z0-9]{0,256}[A-Za-z]\d{1,64}[A-Za-z]/,
  // Small and capital letters and digits, in a word of ten.
  /(?<![A-Za-z0-9])(?=[A-Za-z0-9]{10})(?=[A-Za-z0-9]{0,256}\d)(?=[A-Za-z0-9]{0,256}[a-z])[A-Za-z0-9]{0,256}[A-Z]/,
  // Twenty characters of base64 or hexadecimal, with letters and digits.
  /(?<![\w+/=-])(?=[\w+/=-]{20})(?=[\w+/=-]{0,256}[A-Za-z])(?:[\w+/=-]{0,64}\d){4}/,
  // Letters, digits and a sign that stands in no name.
  /(?<!\S)(?=\S{8})(?=\S{0,256}\d)(?=\S{0,256}[A-Za-z])(?!\S{0,32}:\/\/)\S{0,256}[!$^&*#~?]/,
];

/** Whether a text may be a secret that was written in the wrong place. What is no word may be hidden in vain. */
export const looksSecret = (text: string): boolean =>
  withoutSecrets(text) !== text || made.some((form) => form.test(text.slice(0, 4096)));

/** From a folder on, or plain words: digits and signs in a name are more likely those of a password. */
export const looksLikePath = (text: string): boolean =>
  /^(?:[~.]{0,2}\/|[A-Za-z]:[\\/]|[A-Za-z_.-]{1,40}(?:\/|$))/.test(text);

const secretName = new RegExp(`${word}|^pass$|^pwd$`, 'i');
/** Of a key of settings: whether what stands there is a secret, or the file of one. */
export const holdsSecret = (key: string): 'itself' | 'in a file' | 'not' =>
  /_file$/i.test(key) ? 'in a file' : secretName.test(key) ? 'itself' : 'not';
