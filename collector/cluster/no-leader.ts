/**
 * What a request gets that no leader has answered. A browser gets a page that asks again by itself, everything else the error.
 * Whether a change was done decides what it says: what never reached a leader was not, what was cut off may have been.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fail } from '../../shared/errors.ts';
import { escapeHtml } from '../../shared/html.ts';
import { languageAccepted } from '../../shared/words/accepted.ts';
import { duration, time } from '../../shared/words/format.ts';
import { findWord, type Language, languages, word } from '../../shared/words/index.ts';

export type Unanswered = 'NO_LEADER' | 'CHANGE_UNKNOWN';

export interface LeaderAbsence {
  /** ms UTC: since when no leader has answered here. */
  since: number;
  now: number;
  /** Report zone, IANA: nobody knows that of the reader. */
  zone: string;
}

const statuses = { NO_LEADER: 503, CHANGE_UNKNOWN: 504 } as const;
const againS = 3;
/** A leader is taken over within 15 s; twice that is worth a look into the logs. */
const longMs = 30_000;

const style =
  ':root{color-scheme:light dark}body{font:16px/1.6 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}' +
  'h1{font-size:22px;line-height:1.35;margin:.4em 0}.brand{font-weight:600;color:#0d5c63}' +
  '@media(prefers-color-scheme:dark){.brand{color:#7fc8cf}}' +
  `main{display:none}${languages.map((one) => `:root[lang=${one}] main[lang=${one}]`).join()}{display:block}` +
  'a{display:inline-block;padding:.6rem 1.2rem;border:1px solid;border-radius:8px;color:inherit;text-decoration:none}';

/** The choice that a person has made in the web app, which the browser does not send. */
const script =
  'try{const chosen=localStorage.getItem("evenkeel.language");' +
  'if([...document.querySelectorAll("main")].some(({lang})=>lang===chosen))document.documentElement.lang=chosen}catch{}';
const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'; base-uri 'none'; frame-ancestors 'none'`;

/** A page, not what a page asks for, nor a program that takes anything. */
const isBrowsing = ({ headers, url = '/' }: IncomingMessage) =>
  !url.startsWith('/api/') && /\btext\/html\b/.test(headers.accept ?? '');

/** Nothing of it has reached whoever would have done it. */
export function answerUnanswered(
  asked: IncomingMessage,
  answer: ServerResponse,
  code: Unanswered,
  absence: LeaderAbsence,
): void {
  const { message, hint } = fail(code, {});
  const isPage = isBrowsing(asked);
  answer.writeHead(statuses[code], {
    'content-type': isPage ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8',
    ...(code === 'NO_LEADER' ? { 'retry-after': String(againS) } : {}),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(isPage ? { 'content-security-policy': policy } : {}),
  });
  answer.end(
    isPage
      ? noLeaderPage(code, languageAccepted(asked.headers['accept-language']), absence)
      : JSON.stringify({ code, message, hint }),
  );
}

/**
 * In all languages, of which one is shown. Loaded again it is a GET, whatever was sent before: no change is sent twice by itself.
 * @param language of the browser
 */
export function noLeaderPage(code: Unanswered, language: Language, absence: LeaderAbsence): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta http-equiv="refresh" content="${code === 'NO_LEADER' ? againS : 10 * againS}">
<title>Evenkeel</title>
<style>${style}</style>
</head>
<body>
${languages.map((one) => mainOf(code, one, absence)).join('\n')}
<script>${script}</script>
</body>
</html>
`;
}

function mainOf(code: Unanswered, language: Language, { since, now, zone }: LeaderAbsence): string {
  const { message, hint } = fail(code, {});
  const values = {
    at: `${time(since, language, 'time', zone)} (${zone})`,
    ago: duration((now - since) / 1000, language),
  };
  const title = findWord(language, `problem.${code}.message`) ?? message;
  const lines = [
    word(language, 'noLeader.since', values),
    findWord(language, `problem.${code}.hint`) ?? hint,
    word(language, now - since >= longMs ? 'noLeader.long' : 'noLeader.again'),
  ];
  return `<main lang="${language}">
<p class="brand">Evenkeel</p>
<h1>${escapeHtml(title)}</h1>
${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')}
<p><a href="">${escapeHtml(word(language, 'offline.retry'))}</a></p>
</main>`;
}
