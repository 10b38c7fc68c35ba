/** Retired endpoints of which something is known, and erasing one of them. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { RetiredEndpoint } from '../../../shared/api.ts';
import { number } from '../../../shared/words/format.ts';
import { useLoad, useSend } from '../net/load.ts';
import { call, type Page } from '../net/request.ts';
import { Box, Callout, Empty, PageHead, ProblemCallout, Ready } from '../parts/box.tsx';
import { Input } from '../parts/field.tsx';
import { Form } from '../parts/form.tsx';
import { useTextIn } from '../parts/in-address.ts';
import { ListTable } from '../parts/list-table.tsx';
import { Moment } from '../parts/moment.tsx';
import { to } from '../router.ts';
import { language, t } from '../words/words.ts';

interface Retired extends Page<RetiredEndpoint> {
  total: number;
}

/** Why a part is left; null: all is erased. */
type ErasureDone = { id: string; problem: string | null };

interface EraseProps {
  endpoint: RetiredEndpoint;
  onDone: (done: ErasureDone) => void;
  onCancel: () => void;
}

/** Not before the name is typed: what is erased does not come back. */
function Erase({ endpoint: { id, name }, onDone, onCancel }: EraseProps) {
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const head = useRef<HTMLDivElement>(null);
  useEffect(() => head.current?.querySelector('input')?.focus(), []);
  const submit = async () => {
    await send(async () => {
      const body = { name: typed, reason };
      const address = `endpoints/${encodeURIComponent(id)}/erase`;
      onDone({ id, ...(await call<{ problem: string | null }>(address, { method: 'POST', body })) });
    });
  };
  return (
    <Box title={t('retired.eraseOf', { name })}>
      <Form
        problem={problem}
        onSubmit={submit}
        busy={busy}
        word={t('retired.sure')}
        lacks={(typed !== name || reason.trim() === '') && t('form.lacks.nameAndReason')}
        look="danger"
        onCancel={onCancel}
      >
        <p>{t('retired.goes')}</p>
        <p>{t('retired.stays')}</p>
        <div class="form-row" ref={head}>
          <Input
            label={t('retired.typeName')}
            value={typed}
            onInput={setTyped}
            help={name}
            autocomplete="off"
            required
            maxLength={128}
          />
          <Input label={t('retired.reason')} value={reason} onInput={setReason} required maxLength={500} />
        </div>
      </Form>
    </Box>
  );
}

function Outcome({ id, problem }: ErasureDone) {
  if (problem === null) return <Callout tone="ok" title={t('retired.done', { id })} spoken />;
  return (
    <Callout tone="warning" title={t('retired.partly', { id })} spoken>
      {problem}
    </Callout>
  );
}

export function RetiredPage() {
  const [asked, setWanted] = useTextIn('q');
  const wanted = asked ?? '';
  const [chosen, setChosen] = useState<RetiredEndpoint | null>(null);
  const [done, setDone] = useState<ErasureDone | null>(null);
  const [back, setBack] = useState<{ id: string; name: string } | null>(null);
  const { busy, problem, send } = useSend();
  const takeBack = (id: string) =>
    send(async () => {
      const { name } = await call<{ name: string }>(`endpoints/${encodeURIComponent(id)}/take-back`, {
        method: 'POST',
      });
      setDone(null);
      setBack({ id, name });
      loaded.reload();
    });
  const loaded = useLoad<Retired>(
    `endpoints/retired${wanted.trim() === '' ? '' : `?q=${encodeURIComponent(wanted.trim())}`}`,
  );
  return (
    <>
      <PageHead title={t('page.retired')} lead={t('retired.lead')} />
      {done && <Outcome {...done} />}
      {problem && <ProblemCallout problem={problem} />}
      {back && (
        <Callout tone="ok" spoken>
          <a href={to.endpoint(back.id)}>{t('takeBack.done', { name: back.name })}</a>
        </Callout>
      )}
      {chosen && (
        <Erase
          key={chosen.id}
          endpoint={chosen}
          onCancel={() => setChosen(null)}
          onDone={(outcome) => {
            setChosen(null);
            setDone(outcome);
            loaded.reload();
          }}
        />
      )}
      <section class="box" aria-label={t('page.retired')}>
        <div class="box-body">
          <Input
            label={t('retired.search')}
            type="search"
            value={wanted}
            onInput={(text) => setWanted(text || null)}
            maxLength={128}
          />
        </div>
        <Ready of={loaded}>
          {({ items, total }) => (
            <>
              {items.length === 0 && <Empty icon="ok" title={t('retired.nothing')} />}
              {items.length > 0 && (
                <ListTable
                  name="list"
                  caption={t('page.retired')}
                  rows={items}
                  keyOf={({ id }) => id}
                  columns={[
                    {
                      key: 'name',
                      head: t('endpoint.name'),
                      value: ({ name }) => name,
                      cell: ({ id, name }) => (
                        <div>
                          <bdi>{name}</bdi>
                          <div class="quiet small">{id}</div>
                        </div>
                      ),
                    },
                    { key: 'kind', head: t('filter.name.kind'), cell: ({ kind }) => t(`kind.${kind}`) },
                    { key: 'site', head: t('page.site'), cell: ({ site }) => site ?? t('stability.noSite') },
                    {
                      key: 'from',
                      head: t('retired.enrolled'),
                      cell: ({ enrolledAt }) => <Moment at={enrolledAt} />,
                      value: ({ enrolledAt }) => new Date(enrolledAt),
                    },
                    {
                      key: 'to',
                      head: t('retired.at'),
                      cell: ({ retiredAt }) => <Moment at={retiredAt} />,
                      value: ({ retiredAt }) => new Date(retiredAt),
                    },
                    {
                      key: 'back',
                      head: <span class="unseen">{t('takeBack.button')}</span>,
                      cell: ({ id, name, restorableUntil }) =>
                        restorableUntil !== null && (
                          <div>
                            <button type="button" class="button slim" disabled={busy} onClick={() => void takeBack(id)}>
                              {t('takeBack.button')}
                              <span class="unseen"> {name}</span>
                            </button>
                            <div class="quiet small">
                              {t('takeBack.until')} <Moment at={restorableUntil} />
                            </div>
                          </div>
                        ),
                    },
                    {
                      key: 'erase',
                      head: <span class="unseen">{t('retired.erase')}</span>,
                      cell: (row) => (
                        <button
                          type="button"
                          class="button slim"
                          onClick={() => {
                            setDone(null);
                            setChosen(row);
                          }}
                        >
                          {t('retired.erase')}
                          <span class="unseen"> {row.name}</span>
                        </button>
                      ),
                    },
                  ]}
                />
              )}
              {total > items.length && (
                <p class="box-body quiet">
                  {t('retired.more', { n: number(items.length, language.value), total: number(total, language.value) })}
                </p>
              )}
            </>
          )}
        </Ready>
      </section>
    </>
  );
}
