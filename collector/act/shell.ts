/** What every page without an account has around it: HTML without inline script or style, in the language of its reader. Pure. */
import { escapeHtml } from '../../shared/html.ts';
import { aboutLanguage, type Language, languages } from '../../shared/words/index.ts';

interface ShellParts {
  /** Names of files of the web app, beside that of all such pages. */
  style?: string;
  script?: string;
  /** What else stands in the address and is kept when another language is chosen; of our own making. */
  query?: string;
}

/** @param parts of the body, as HTML; empty ones are left out */
export function publicPage(
  language: Language,
  title: string,
  parts: readonly string[],
  { style, script, query = '' }: ShellParts = {},
): string {
  const others = languages
    .filter((one) => one !== language)
    .map((one) => `<a href="?${query}language=${one}" lang="${one}">${escapeHtml(aboutLanguage(one).name)}</a>`);
  const more = [
    style === undefined ? '' : `<link rel="stylesheet" href="${style}">\n`,
    script === undefined ? '' : `<script src="${script}" defer></script>\n`,
  ];
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)} · Evenkeel</title>
<link rel="icon" href="/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/act.css">
${more.join('')}</head>
<body>
<main>
<p class="brand"><img src="/mark.svg" alt="" width="28" height="28"> Evenkeel</p>
${parts.filter((part) => part !== '').join('\n')}
</main>
<footer>${others.join(' · ')}</footer>
</body>
</html>
`;
}
