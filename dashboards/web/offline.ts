/**
 * Writes what is shown where the collector cannot be reached: one sentence, and the same address again; by the first part of
 * the tag of the language, as JSON. A program of its own: what vite.config.ts imports starts `npm run dev` anew when it
 * changes, and here these are words.
 */
import { escapeHtml } from '../../shared/html.ts';
import { languages, word } from '../../shared/words/index.ts';

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}h1{font-size:20px}' +
  'a{display:inline-block;padding:.7rem 1.2rem;border:1px solid;border-radius:8px;color:inherit}';

const pages = Object.fromEntries(
  languages.map((language) => {
    const said = escapeHtml(word(language, 'offline.cannotReach'));
    const again = escapeHtml(word(language, 'offline.retry'));
    const page = `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Evenkeel</title>
<style>${style}</style>
</head>
<body>
<main><h1>${said}</h1><p><a href="">${again}</a></p></main>
</body>
</html>
`;
    return [language.split('-')[0] as string, page];
  }),
);
process.stdout.write(JSON.stringify(pages));
