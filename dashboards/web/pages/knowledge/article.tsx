/** One article: its text, whether it helped, until when it holds, and what it was before. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { outcomePlaces } from '../../../../shared/choices.ts';
import type { ArticleDetail, ArticleVersion } from '../../../../shared/knowledge.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { useBase, useLoad, useSend } from '../../net/load.ts';
import { type Base, call } from '../../net/request.ts';
import { mayForAll } from '../../net/session.ts';
import { Box, Callout, PageHead, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Crumbs } from '../../parts/crumbs.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Input } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { ScriptSteps } from '../../parts/markdown.tsx';
import { Moment } from '../../parts/moment.tsx';
import { search, setQuery, to } from '../../router.ts';
import { ruleName } from '../../words/value.ts';
import { actorName, language, t } from '../../words/words.ts';
import { ScriptStep } from '../scripts/step.tsx';
import { dayText, endOfDay, inMonths } from './days.ts';
import { EditArticle } from './edit.tsx';
import { ArticleMarks, ReviewerOf, titleOfArticle } from './marks.tsx';
import { languageName, Outcome, TextOf } from './text.tsx';

const say = (n: number) => number(n, language.value);

export function ArticlePage({ id }: { id: string }) {
  const address = `articles/${encodeURIComponent(id)}`;
  const loaded = useLoad<ArticleDetail>(address, (change) => change.kind === 'article' && change.article === id);
  const params = new URLSearchParams(search.value);
  const row = loaded.data?.row;
  const title = row ? titleOfArticle(row) : t('page.article');
  const version = Number(params.get('version')) || null;
  const isEdited = params.get('edit') === '1' && mayForAll('operator');
  const wasEdited = useRef(isEdited);
  // What had the focus is gone with the form, or with the button that opened it.
  useEffect(() => {
    if (wasEdited.current !== isEdited) document.querySelector<HTMLElement>('main h1')?.focus();
    wasEdited.current = isEdited;
  }, [isEdited]);
  return (
    <>
      <Crumbs list="knowledge" title={row ? title : null} />
      <PageHead
        title={title}
        lead={
          row && (
            <>
              <ArticleMarks of={row} />
              {row.isPublic && <span class="tag">{t('knowledge.everybody')}</span>}
            </>
          )
        }
      >
        {row && mayForAll('operator') && !isEdited && (
          <button type="button" class="button" onClick={() => setQuery({ edit: '1' }, { replace: false })}>
            {t('knowledge.edit')}
          </button>
        )}
      </PageHead>
      <Ready of={loaded} lines={8}>
        {(detail) =>
          isEdited ? (
            <EditArticle detail={detail} onDone={() => setQuery({ edit: null })} onSaved={loaded.reload} />
          ) : (
            <div class="split">
              <div class="stack">
                {detail.row.validity === 'past' && detail.row.state === 'published' && (
                  <Callout tone="warning" title={t('knowledge.pastTitle')}>
                    <p>{t('knowledge.pastWhy')}</p>
                  </Callout>
                )}
                {version === null ? (
                  <Box>
                    <div class="stack">
                      <ScriptSteps.Provider value={ScriptStep}>
                        <TextOf texts={detail.texts} />
                      </ScriptSteps.Provider>
                      <Asked id={id} />
                    </div>
                  </Box>
                ) : (
                  <OldVersion id={id} version={version} onDone={loaded.reload} />
                )}
              </div>
              <div class="stack">
                <Facts detail={detail} />
                {mayForAll('operator') && <Review key={detail.row.version} detail={detail} onDone={loaded.reload} />}
                <History detail={detail} shown={version ?? detail.row.version} />
              </div>
            </div>
          )
        }
      </Ready>
    </>
  );
}

/** Whoever came from a ticket or an alert answers for it. */
function Asked({ id }: { id: string }) {
  const params = new URLSearchParams(search.value);
  const place = outcomePlaces.find((one) => one === params.get('from')) ?? 'page';
  const ticket = Number(params.get('ticket')) || null;
  return (
    <>
      <Outcome id={id} place={place} ticket={ticket} />
      {ticket !== null && (
        <p>
          <a href={to.ticket(ticket)}>{t('knowledge.backToTicket', { id: ticket })}</a>
        </p>
      )}
    </>
  );
}

function Facts({ detail: { row, texts, rules } }: { detail: ArticleDetail }) {
  return (
    <Box>
      <dl class="facts side-facts">
        <Fact name={t('knowledge.languages')}>{texts.map((text) => languageName(text.language)).join(', ')}</Fact>
        <Fact name={t('knowledge.validUntil')}>
          <Moment at={row.validUntil} shape="date" />
        </Fact>
        <Fact name={t('knowledge.reviewer')}>
          <ReviewerOf of={row} />
        </Fact>
        <Fact name={t('knowledge.reviewed')}>
          <Moment at={row.reviewedAt} />
        </Fact>
        <Fact name={t('knowledge.solvedCount')}>
          {row.solved + row.notSolved === 0
            ? none
            : t('knowledge.solvedOf', { n: say(row.solved), of: say(row.solved + row.notSolved) })}
        </Fact>
        {row.fromTicket !== null && (
          <Fact name={t('knowledge.fromTicket')}>
            <a href={to.ticket(row.fromTicket)}>#{row.fromTicket}</a>
          </Fact>
        )}
        <Fact name={t('knowledge.runbookOf')}>
          {rules.length === 0
            ? none
            : rules.map((rule) => (
                <div key={rule.id}>
                  <a href={to.rule(rule.id)}>{ruleName(rule)}</a>
                </div>
              ))}
        </Fact>
        <Fact name={t('knowledge.address')} wide>
          <code>/knowledge/{row.id}</code>
        </Fact>
      </dl>
    </Box>
  );
}

/** It holds as it is: until when from now on. Left empty, it does not end. */
function Review({ detail: { row }, onDone }: { detail: ArticleDetail; onDone: () => void }) {
  const address = `articles/${encodeURIComponent(row.id)}`;
  const base = useBase(address);
  const { busy, problem, send } = useSend();
  const [until, setUntil] = useState(dayText(inMonths(12, Date.now())));
  const [isOpen, open] = useState(false);
  const submit = async () => {
    const body = { validUntil: until === '' ? null : endOfDay(until) };
    if (!(await send(() => call(`${address}/review`, { method: 'POST', body, base })))) return;
    open(false);
    onDone();
  };
  if (!isOpen)
    return (
      <button type="button" class="button" onClick={() => open(true)}>
        {t('knowledge.review')}
      </button>
    );
  return (
    <Box title={t('knowledge.review')}>
      <Form
        busy={busy}
        problem={problem}
        onSubmit={submit}
        word={t('knowledge.reviewSave')}
        onCancel={() => open(false)}
      >
        <Input
          label={t('knowledge.validUntil')}
          help={t('knowledge.validHelp')}
          type="date"
          value={until}
          onInput={setUntil}
        />
      </Form>
    </Box>
  );
}

function History({ detail: { versions, row }, shown }: { detail: ArticleDetail; shown: number }) {
  return (
    <Box title={t('knowledge.history')}>
      <ol class="stack-2 plain">
        {versions.map(({ version, at, by, reason }) => (
          <li key={version}>
            <a
              href={`${to.article(row.id)}${version === row.version ? '' : `?version=${version}`}`}
              aria-current={version === shown ? 'true' : undefined}
            >
              {t('knowledge.version', { n: say(version) })}
            </a>{' '}
            <span class="quiet small">
              <Moment at={at} /> {actorName(by)}
            </span>
            {reason !== '' && <p class="small">{reason}</p>}
          </li>
        ))}
      </ol>
    </Box>
  );
}

function OldVersion({ id, version, onDone }: { id: string; version: number; onDone: () => void }) {
  const address = `articles/${encodeURIComponent(id)}`;
  const loaded = useLoad<ArticleVersion>(`${address}/versions/${version}`);
  const base: Base = useBase(address);
  const { busy, problem, send } = useSend();
  const restore = async () => {
    const body = { version, reason: t('knowledge.restored', { n: say(version) }) };
    if (!(await send(() => call(`${address}/restore`, { method: 'POST', body, base })))) return;
    setQuery({ version: null });
    onDone();
  };
  return (
    <Ready of={loaded} lines={8}>
      {({ texts, at, by }) => (
        <Box
          title={t('knowledge.version', { n: say(version) })}
          aside={
            mayForAll('operator') && (
              <button type="button" class="button slim" disabled={busy} onClick={() => void restore()}>
                {t('knowledge.restore')}
              </button>
            )
          }
        >
          <div class="stack">
            {problem && <ProblemCallout problem={problem} />}
            <p class="quiet">
              <Moment at={at} /> {actorName(by)}
            </p>
            <TextOf texts={texts} />
          </div>
        </Box>
      )}
    </Ready>
  );
}
