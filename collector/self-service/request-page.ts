/** What somebody reported, for them alone, and the list of what one browser has reported. HTML that needs no script. Pure. */
import { escapeHtml } from '../../shared/html.ts';
import { bytes, time } from '../../shared/words/format.ts';
import { findWord } from '../../shared/words/index.ts';
import { publicPage } from '../act/shell.ts';
import { answerAtMost } from './form.ts';
import { contactHtml, type PageReader, queryOf, wordsIn } from './report-page.ts';
import type { RequestState, RequestView } from './requests.ts';

const style = '/self-service.css';

interface RequestPageParts {
  view: RequestView;
  /** The secret in the address. */
  secret: string;
  contact: string | null;
  /** What was just done: a word of `selfService.done`. */
  done?: string | undefined;
  problem?: string;
  /** What was typed and could not be taken. */
  text?: string;
}

export function requestPage(parts: RequestPageParts, reader: PageReader): string {
  const { view, secret, contact, done, problem, text = '' } = parts;
  const { language, zone } = reader;
  const w = wordsIn(language);
  const action = `/request/${secret}${queryOf(reader)}`;
  const at = (ms: number) => `<time>${time(ms, language, 'moment', zone)}</time>`;
  const said = view.said
    .map(
      ({ at: when, isOwn, text: words }) =>
        `<li class="${isOwn ? 'own' : 'desk'}"><p class="quiet">${w(isOwn ? 'you' : 'desk')} · ${at(when)}</p><p class="said">${escapeHtml(words)}</p></li>`,
    )
    .join('\n');
  const area = (label: string) =>
    `<label for="text">${w(label)}</label>\n<textarea id="text" name="text" rows="4" maxlength="${answerAtMost}" required>${escapeHtml(text)}</textarea>`;
  return publicPage(
    language,
    findWord(language, 'selfService.yours') ?? '',
    [
      `<h1>${escapeHtml(view.title)}</h1>`,
      `<p class="state ${view.joined ?? view.state}" role="status">${w(`state.${view.joined ?? view.state}`)}</p>`,
      view.joined === null ? '' : `<p class="quiet">${w('state.joined')}</p>`,
      done === undefined ? '' : `<p class="done" role="status">${w(`done.${done}`)}</p>`,
      problem === undefined ? '' : `<p class="fault" role="alert">${escapeHtml(problem)}</p>`,
      `<p class="quiet">${w('number', { n: view.ticket })} · ${w('zone', { zone })}</p>`,
      `<ol class="story">${said}</ol>`,
      filesHtml(view, secret, reader),
      view.mayAnswer
        ? `<form method="post" action="${action}">${area('answer')}<button name="act" value="answer">${w('sendAnswer')}</button></form>`
        : '',
      view.mayRate ? ratingHtml(view, action, language) : '',
      view.mayReopen
        ? `<details><summary>${w('notSolved')}</summary><form method="post" action="${action}">${area('notSolvedWhy')}<button name="act" value="reopen">${w('reopen')}</button></form></details>`
        : '',
      `<p class="quiet">${w('keepLink')}</p>`,
      contactHtml(contact, language),
    ],
    { style },
  );
}

function filesHtml({ files }: RequestView, secret: string, { language, zone }: PageReader): string {
  const items = files.map(
    ({ id, name, size, at }) =>
      `<li><a href="/request/${secret}/files/${id}" download>${escapeHtml(name)}</a> <span class="quiet">${bytes(size, language)} · ${time(at, language, 'moment', zone)}</span></li>`,
  );
  return items.length === 0 ? '' : `<h2>${wordsIn(language)('files')}</h2><ul>${items.join('')}</ul>`;
}

function ratingHtml({ rating }: RequestView, action: string, language: PageReader['language']): string {
  const w = wordsIn(language);
  const choices = [5, 4, 3, 2, 1].map(
    (n) =>
      `<label class="choice"><input type="radio" name="rating" value="${n}"${rating === n ? ' checked' : ''} required> ${w(`rate.${n}`)}</label>`,
  );
  return `<form method="post" action="${action}"><fieldset><legend>${w('rate.question')}</legend>
${choices.join('\n')}</fieldset>
<label for="why">${w('rate.comment')}</label><input id="why" name="text" maxlength="500" autocomplete="off">
<button name="act" value="rate">${w(rating === null ? 'rate.send' : 'rate.again')}</button></form>`;
}

export function ownPage(
  own: readonly { secret: string; title: string; state: RequestState }[],
  reader: PageReader,
): string {
  const w = wordsIn(reader.language);
  const items = own.map(
    ({ secret, title, state }) =>
      `<li><a href="/request/${secret}${queryOf(reader)}">${escapeHtml(title)}</a><p class="quiet">${w(`state.${state}`)}</p></li>`,
  );
  return publicPage(
    reader.language,
    findWord(reader.language, 'selfService.own') ?? '',
    [
      `<h1>${w('own')}</h1>`,
      items.length === 0 ? `<p>${w('noneOwn')}</p>` : `<ul>${items.join('')}</ul>`,
      items.length === 0
        ? ''
        : `<form method="post" action="/request${queryOf(reader)}"><p class="quiet">${w('forgetHelp')}</p><button class="second">${w('forget')}</button></form>`,
    ],
    { style },
  );
}
