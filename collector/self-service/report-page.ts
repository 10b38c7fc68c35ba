/** The page behind the label of a machine: what is known already, what may help, and the form. HTML that needs no script. Pure. */
import { escapeHtml } from '../../shared/html.ts';
import { time } from '../../shared/words/format.ts';
import { findWord, type Language, languages } from '../../shared/words/index.ts';
import { publicPage } from '../act/shell.ts';
import { type FormFields, problemAtMost, urgencies } from './form.ts';
import type { KnownNow } from './known.ts';
import { markdownHtml } from './markdown-html.ts';
import type { FoundArticle, ReportView } from './self-service.ts';

export interface PageReader {
  language: Language;
  /** Chosen by a link, so it goes along; else the browser says it each time. */
  isChosen: boolean;
  /** IANA: without script nobody knows that of the reader. */
  zone: string;
}

/** The language, where it was chosen, and what else the next page is to know. */
export function queryOf({ language, isChosen }: PageReader, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({ ...more, ...(isChosen ? { language } : {}) }).toString();
  return query === '' ? '' : `?${query}`;
}

export const wordsIn =
  (language: Language) =>
  (key: string, values: Record<string, string | number> = {}): string =>
    escapeHtml(findWord(language, `selfService.${key}`, values) ?? key);

const files = { style: '/self-service.css', script: '/self-service.js' };

interface ReportPageParts {
  view: ReportView;
  /** The secret in the address: links on this page lead on from it. */
  label: string;
  visit: string;
  /** What was looked for, and what it found; null: nothing was. */
  question: string;
  found: readonly FoundArticle[] | null;
  /** What was typed before, where it could not be taken. */
  fields?: FormFields;
  /** Words of what was wrong. */
  problem?: string;
  own: boolean;
  /** Who has lost their access has a page of its own. */
  recovers: boolean;
}

export function reportPage(parts: ReportPageParts, reader: PageReader): string {
  const { view, label, visit, question, found, fields = {}, problem, own, recovers } = parts;
  const { language } = reader;
  const w = wordsIn(language);
  const home = `/report/${label}`;
  const value = (name: string) => escapeHtml(fields[name] ?? '');
  const help = `<section class="help"><h2>${w('help')}</h2>
<form method="get" action="${home}" role="search" data-search="${home}/search${queryOf(reader, { visit })}">
<label for="q">${w('search')}</label>
<div class="line"><input id="q" name="q" type="search" maxlength="200" autocomplete="off" value="${escapeHtml(question)}"><button class="side">${w('find')}</button></div>
<input type="hidden" name="visit" value="${visit}">${hiddenLanguage(reader)}
</form>
<div id="found" aria-live="polite">${found === null ? '' : foundHtml(found, label, visit, reader)}</div></section>`;
  const urgency = urgencies
    .map((one, n) => {
      const isOn = fields.urgency === undefined ? n === 1 : fields.urgency === one;
      return `<label class="choice"><input type="radio" name="urgency" value="${one}"${isOn ? ' checked' : ''}> ${w(`urgency.${one}`)}</label>`;
    })
    .join('\n');
  return publicPage(
    language,
    findWord(language, 'selfService.title', { machine: view.machine }) ?? '',
    [
      `<h1>${w('title', { machine: view.machine })}</h1>`,
      problem === undefined ? '' : `<p class="fault" role="alert">${escapeHtml(problem)}</p>`,
      knownHtml(view.known, reader),
      help,
      `<h2>${w('form')}</h2>
<form method="post" action="${home}${queryOf(reader)}">
<input type="hidden" name="visit" value="${visit}">
<label for="problem">${w('problem')}</label>
<textarea id="problem" name="problem" rows="5" maxlength="${problemAtMost}" required>${value('problem') || escapeHtml(question)}</textarea>
<fieldset><legend>${w('urgency.question')}</legend>
${urgency}</fieldset>
<label for="name">${w('name')}</label>
<input id="name" name="name" maxlength="60" autocomplete="name" value="${value('name')}">
<label for="mail">${w('mail')}</label>
<input id="mail" name="mail" type="email" maxlength="254" autocomplete="email" value="${value('mail')}">
<p class="quiet">${w(view.mayMail ? 'mailHelp' : 'mailKept')}</p>
<label for="phone">${w('phone')}</label>
<input id="phone" name="phone" type="tel" maxlength="40" autocomplete="tel" value="${value('phone')}">
<label class="choice"><input type="checkbox" name="keep" value="yes"${fields.keep === 'yes' ? ' checked' : ''}> ${w('keep')}</label>
<p class="quiet">${w('keepHelp')}</p>
<button>${w('send')}</button>
</form>`,
      own ? `<p><a href="/request${queryOf(reader)}">${w('own')}</a></p>` : '',
      recovers
        ? `<p><a href="/recovery${queryOf(reader)}">${escapeHtml(findWord(language, 'login.noAccess') ?? '')}</a></p>`
        : '',
      contactHtml(view.contact, language),
    ],
    files,
  );
}

export const contactHtml = (contact: string | null, language: Language): string =>
  contact === null ? '' : `<p class="quiet">${wordsIn(language)('contact')} ${escapeHtml(contact)}</p>`;

const hiddenLanguage = ({ language, isChosen }: PageReader): string =>
  isChosen ? `<input type="hidden" name="language" value="${language}">` : '';

function knownHtml({ troubles, workUntil, isSiteDown }: KnownNow, { language, zone }: PageReader): string {
  const w = wordsIn(language);
  const lines = [
    workUntil === null ? '' : w('known.work', { until: `${time(workUntil, language, 'moment', zone)} (${zone})` }),
    isSiteDown ? w('known.site') : '',
    ...troubles.map(({ what, isTaken }) => `${w(`known.${what}`)} ${w(isTaken ? 'known.taken' : 'known.seen')}`),
  ].filter((line) => line !== '');
  if (lines.length === 0) return `<p class="known">${w('known.nothing')}</p>`;
  const items = lines.map((line) => `<li>${line}</li>`).join('');
  return `<section class="known"><h2>${w('known.title')}</h2><ul>${items}</ul><p class="quiet">${w('known.still')}</p></section>`;
}

export function foundHtml(found: readonly FoundArticle[], label: string, visit: string, reader: PageReader): string {
  const w = wordsIn(reader.language);
  if (found.length === 0) return `<p class="quiet">${w('nothingFound')}</p>`;
  const items = found.map(({ id, title, lines, language }) => {
    const href = escapeHtml(`/report/${label}/articles/${id}${queryOf(reader, { visit })}`);
    return `<li lang="${language}"><a href="${href}">${escapeHtml(title)}</a><p class="quiet">${escapeHtml(lines)}</p></li>`;
  });
  return `<ul>${items.join('')}</ul>`;
}

interface ArticlePageParts {
  label: string;
  id: string;
  visit: string;
  texts: readonly { language: string; title: string; body: string }[];
  /** What was said of it; null: not yet. */
  solved: boolean | null;
  contact: string | null;
}

export function articlePage(
  { label, id, visit, texts, solved, contact }: ArticlePageParts,
  reader: PageReader,
): string {
  const { language } = reader;
  const w = wordsIn(language);
  const text = texts.find((one) => one.language === language) ?? texts[0];
  const title = text?.title ?? '';
  const at = `/report/${label}/articles/${id}${queryOf(reader)}`;
  const back = escapeHtml(`/report/${label}${queryOf(reader, { visit })}`);
  const says = (value: 'yes' | 'no') =>
    `<button name="solved" value="${value}"${value === 'no' ? ' class="second"' : ''}>${w(`solved.${value}`)}</button>`;
  const known = languages.find((one) => one === text?.language) ?? language;
  return publicPage(
    language,
    title,
    [
      `<h1 lang="${known}">${escapeHtml(title)}</h1>`,
      `<div class="article" lang="${known}">${markdownHtml(text?.body ?? '')}</div>`,
      solved === null
        ? `<form method="post" action="${at}"><p class="strong">${w('solved.question')}</p><input type="hidden" name="visit" value="${visit}">
<div class="pair">${says('yes')}${says('no')}</div></form>`
        : `<p class="done" role="status">${w(solved ? 'solved.thanks' : 'solved.sorry')}</p>`,
      `<p><a href="${back}">${w('back')}</a></p>`,
      contactHtml(contact, language),
    ],
    { style: files.style, query: `visit=${visit}&amp;` },
  );
}
