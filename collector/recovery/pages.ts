/** The pages of people who have lost their access, and of whoever confirms: HTML that needs no script. Pure. */
import { escapeHtml } from '../../shared/html.ts';
import { findWord, type Language } from '../../shared/words/index.ts';
import { publicPage } from '../act/shell.ts';
import { contactHtml, type PageReader, queryOf } from '../self-service/report-page.ts';
import type { ConfirmView, Recovery, RecoveryFields, RecoveryView } from './recovery.ts';

const style = { style: '/self-service.css' };
const wordsIn =
  (language: Language) =>
  (key: string, values: Record<string, string | number> = {}): string =>
    escapeHtml(findWord(language, `recovery.${key}`, values) ?? key);
const faultHtml = (problem: string | undefined) =>
  problem === undefined ? '' : `<p class="fault" role="alert">${escapeHtml(problem)}</p>`;
const titleOf = (language: Language, key: string) => findWord(language, `recovery.${key}`) ?? key;
const codeField = (language: Language) => {
  const w = wordsIn(language);
  return `<label for="code">${w('enterCode')}</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="20" required>`;
};

interface AskPageParts extends Pick<Recovery, 'ways' | 'contact'> {
  canMail: boolean;
  fields?: RecoveryFields;
  problem?: string;
}

export function askPage({ ways, contact, canMail, fields = {}, problem }: AskPageParts, reader: PageReader): string {
  const { language } = reader;
  const w = wordsIn(language);
  const value = (name: string) => escapeHtml(fields[name] ?? '');
  const chosen = ways.find((one) => one === fields.way) ?? ways[0];
  const choices = ways.map(
    (one) =>
      `<label class="choice"><input type="radio" name="way" value="${one}"${one === chosen ? ' checked' : ''}> ${w(`way.${one}`)}</label>`,
  );
  const way =
    ways.length === 1
      ? `<p class="quiet">${w(`way.${ways[0]}`)}</p>`
      : `<fieldset><legend>${w('how')}</legend>${choices.join('\n')}</fieldset>`;
  const form = `<form method="post" action="/recovery${queryOf(reader)}">
<label for="who">${w('who')}</label>
<input id="who" name="who" maxlength="254" autocomplete="email" required value="${value('who')}">
<label for="reach">${w('reach')}</label>
<textarea id="reach" name="reach" rows="3" maxlength="500" required>${value('reach')}</textarea>
<p class="quiet">${w('noPassword')}</p>
${way}
<button>${w('ask')}</button>
</form>`;
  return publicPage(
    language,
    titleOf(language, 'title'),
    [
      `<h1>${w('title')}</h1>`,
      faultHtml(problem),
      canMail ? `<p>${w('lead')}</p>` : `<p class="fault" role="alert">${w('cannot')}</p>`,
      canMail ? form : '',
      contactHtml(contact, language),
    ],
    style,
  );
}

interface StatusPageParts {
  view: RecoveryView;
  secret: string;
  contact: string | null;
  problem?: string;
}

export function statusPage({ view, secret, contact, problem }: StatusPageParts, reader: PageReader): string {
  const { language } = reader;
  const w = wordsIn(language);
  const at = `/recovery/${secret}${queryOf(reader)}`;
  return publicPage(
    language,
    titleOf(language, 'title'),
    [
      `<h1>${w('title')}</h1>`,
      faultHtml(problem),
      ...bodyOf(view, at, language),
      `<p><a href="/recovery${queryOf(reader)}">${w('anew')}</a></p>`,
      contactHtml(contact, language),
    ],
    style,
  );
}

function bodyOf({ way, state, spoken, resetUrl, ticket }: RecoveryView, at: string, language: Language): string[] {
  const w = wordsIn(language);
  if (resetUrl !== null)
    return [
      `<p class="done" role="status">${w('verified')}</p>`,
      `<p><a class="button" href="${escapeHtml(resetUrl)}" rel="noreferrer">${w('reset')}</a></p>`,
      `<p class="quiet">${w('resetHelp', { host: URL.parse(resetUrl)?.host ?? resetUrl })}</p>`,
      ticket === null ? '' : `<p class="quiet">${w('ticketIs', { ticket })}</p>`,
    ];
  if (state === 'over') return [`<p>${w('over')}</p>`];
  if (spoken === null)
    return [
      `<p>${w('sent')}</p>`,
      `<form method="post" action="${at}">${codeField(language)}<button>${w('send')}</button></form>`,
    ];
  return [
    `<p>${w(`wait.${way}`)}</p>`,
    `<p class="code"><strong>${spoken}</strong></p>`,
    `<p class="quiet">${w('spokenHelp')}</p>`,
    `<p><a class="button" href="${at}">${w('look')}</a></p>`,
  ];
}

interface ConfirmPageParts {
  view: ConfirmView;
  secret: string;
  problem?: string;
}

export function confirmPage({ view, secret, problem }: ConfirmPageParts, reader: PageReader): string {
  const { language } = reader;
  const w = wordsIn(language);
  const { name, job, site, phone, reach } = view;
  const about = [name, job, site].filter((one) => one !== null).join(' · ');
  const at = `/recovery/confirm/${secret}${queryOf(reader)}`;
  return publicPage(
    language,
    titleOf(language, 'confirmTitle'),
    [
      `<h1>${w('confirmTitle')}</h1>`,
      faultHtml(problem),
      `<p class="strong">${escapeHtml(about)}</p>`,
      `<p>${w('says')}</p><blockquote>${escapeHtml(reach)}</blockquote>`,
      view.isOpen
        ? `<p>${phone === null ? w('speak') : w('call', { phone })}</p>
<form method="post" action="${at}">${codeField(language)}<button name="act" value="confirm">${w('confirmIt')}</button></form>
<form method="post" action="${at}"><button name="act" value="refuse" class="second">${w('refuseIt')}</button></form>
<p class="quiet">${w('refuseHelp')}</p>`
        : `<p>${w('over')}</p>`,
    ],
    style,
  );
}

export const decidedPage = (isThem: boolean, { language }: PageReader): string => {
  const w = wordsIn(language);
  const title = titleOf(language, 'confirmTitle');
  return publicPage(
    language,
    title,
    [`<h1>${w('confirmTitle')}</h1>`, `<p class="done" role="status">${w(isThem ? 'confirmed' : 'refused')}</p>`],
    style,
  );
};
