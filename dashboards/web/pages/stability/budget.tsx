/** Error budgets: per endpoint, site, group or tag the target, and how much of the time that it may be down is left. */

import { useState } from 'preact/hooks';
import type { AvailabilityTargets, Budgets } from '../../../../shared/api.ts';
import { cutPercent, duration, none, number, percent } from '../../../../shared/words/format.ts';
import { useBase, useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { to, withQuery } from '../../router.ts';
import { actorName, language, t } from '../../words/words.ts';

const scopes = ['endpoint', 'site', 'group', 'tag'] as const;
type BudgetScope = (typeof scopes)[number];
type BudgetLine = Budgets['items'][number];

/** With as many decimals as it has: 99.95 and 99.999 are other targets. */
const targetText = (value: number) =>
  percent(value, language.value, Math.max(2, String(value).split('.')[1]?.length ?? 0));
/** Below 0 it is overspent. */
function minutesText(minutes: number | null): string {
  if (minutes === null) return none;
  const text = duration(Math.abs(minutes) * 60, language.value);
  return minutes < 0 ? `−${text}` : text;
}

function BudgetTable({ data, caption }: { data: Budgets; caption: string }) {
  return (
    <Table
      caption={caption}
      rows={data.items}
      keyOf={({ key }) => key ?? ''}
      scroll
      columns={[
        {
          ...{ key: 'name', head: t(`budget.by.${data.by}`) },
          cell: ({ key, name, endpoints }: BudgetLine) => (
            <>
              {data.by === 'endpoint' && key ? <a href={to.endpoint(key)}>{name}</a> : (name ?? t('stability.noSite'))}
              {data.by !== 'endpoint' && (
                <span class="quiet small"> {t('stability.items', { n: number(endpoints, language.value) })}</span>
              )}
            </>
          ),
        },
        {
          ...{ key: 'value', head: t('budget.availability'), right: true },
          cell: ({ availability }) => cutPercent(availability, language.value),
        },
        {
          ...{ key: 'target', head: t('budget.target'), right: true },
          cell: ({ target, from }) => (
            <>
              {targetText(target)} {from && <div class="quiet tiny">{t(`budget.by.${from}`)}</div>}
            </>
          ),
        },
        { key: 'budget', head: t('budget.budget'), right: true, cell: ({ budget }) => minutesText(budget) },
        { key: 'used', head: t('budget.used'), right: true, cell: ({ used }) => minutesText(used) },
        {
          ...{ key: 'left', head: t('budget.left'), right: true },
          cell: ({ left }) => (
            <span class="strong nowrap">
              {minutesText(left)}
              {left !== null && left < 0 && <div class="small">{t('budget.over')}</div>}
            </span>
          ),
        },
      ]}
    />
  );
}

function TargetForm({ onDone }: { onDone: () => void }) {
  const [scope, setScope] = useState<BudgetScope>('site');
  const [target, setTarget] = useState('');
  const [percent, setPercent] = useState('');
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const base = useBase('availability/targets');
  const submit = async () => {
    const body = { scope, target, percent: percent.trim() === '' ? null : Number(percent), reason };
    if (await send(() => call('availability/targets', { method: 'PUT', body, base }))) onDone();
  };
  return (
    <Form problem={problem} onSubmit={submit} busy={busy} word={t('budget.save')}>
      <div class="form-row">
        <Select
          label={t('budget.scope')}
          value={scope}
          onChange={(value) => setScope(value as BudgetScope)}
          options={scopes.map((one): [string, string] => [one, t(`budget.by.${one}`)])}
        />
        <Input label={t('budget.of')} value={target} onInput={setTarget} required maxLength={128} />
        <Input label={t('budget.percent')} help={t('budget.withdraw')} value={percent} onInput={setPercent} />
      </div>
      <Input label={t('stability.reason')} value={reason} onInput={setReason} required maxLength={500} />
    </Form>
  );
}

function Targets({ onDone }: { onDone: () => void }) {
  const loaded = useLoad<AvailabilityTargets>('availability/targets');
  const done = () => {
    loaded.reload();
    onDone();
  };
  return (
    <Ready of={loaded} lines={3}>
      {({ versions }) => (
        <div class="stack">
          {may('manager') && <TargetForm onDone={done} />}
          {versions.length === 0 ? (
            <p class="quiet small">{t('budget.none')}</p>
          ) : (
            <Table
              caption={t('budget.versions')}
              rows={versions}
              keyOf={({ scope, target, at }) => `${scope} ${target} ${at}`}
              columns={[
                { key: 'of', head: t('budget.of'), cell: ({ scope, name }) => `${t(`budget.by.${scope}`)} ${name}` },
                {
                  ...{ key: 'target', head: t('budget.target'), right: true },
                  cell: ({ percent }) => (percent === null ? t('budget.withdrawn') : targetText(percent)),
                },
                { key: 'at', head: t('stability.define.since'), cell: ({ at }) => <Moment at={at} /> },
                { key: 'by', head: t('stability.define.by'), cell: ({ by }) => actorName(by) },
                { key: 'reason', head: t('stability.reason'), cell: ({ reason }) => reason },
              ]}
            />
          )}
        </div>
      )}
    </Ready>
  );
}

const pageOf = 100;

interface BudgetBoxProps {
  kind: 'server' | 'workstation';
  period: string;
  site: string | null;
}

/** On the page of an availability: all that it is made of. */
export function BudgetBox({ kind, period, site }: BudgetBoxProps) {
  const [by, setBy] = useState<BudgetScope>('endpoint');
  const [lines, setLines] = useState(pageOf);
  const query = withQuery('', { kind, by, period, site, limit: `${lines}` });
  const loaded = useLoad<Budgets>(`availability/budgets${query}`);
  return (
    <section id="budget">
      <Box
        title={t('budget.title')}
        aside={
          <Select
            label={t('budget.scope')}
            value={by}
            onChange={(value) => setBy(value as BudgetScope)}
            options={scopes.map((one): [string, string] => [one, t(`budget.by.${one}`)])}
          />
        }
      >
        <div class="stack">
          <p class="small quiet">{t('budget.lead')}</p>
          <Ready of={loaded} lines={4}>
            {(data) => (
              <>
                {data.items.length === 0 ? (
                  <p class="quiet">{t('budget.nothing')}</p>
                ) : (
                  <BudgetTable data={data} caption={t('budget.title')} />
                )}
                {data.next !== null && (
                  <button type="button" class="button slim" onClick={() => setLines(Math.min(1000, lines + pageOf))}>
                    {t('stability.more')}
                  </button>
                )}
              </>
            )}
          </Ready>
          <details class="screen-only">
            <summary>{t('budget.targets')}</summary>
            <Targets onDone={loaded.reload} />
          </details>
        </div>
      </Box>
    </section>
  );
}

/** On the page of an endpoint: the present month. */
export function EndpointBudget({ id, kind }: { id: string; kind: 'server' | 'workstation' }) {
  const loaded = useLoad<Budgets>(`availability/budgets${withQuery('', { kind, endpoint: id })}`);
  return (
    <Box title={t('budget.month')} flush>
      <Ready of={loaded} lines={2}>
        {(data) =>
          data.items.length === 0 ? (
            <p class="quiet box-body">{t('budget.nothing')}</p>
          ) : (
            <BudgetTable data={data} caption={t('budget.month')} />
          )
        }
      </Ready>
    </Box>
  );
}
