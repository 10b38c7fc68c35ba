/** Until when tickets of each priority are to be answered and resolved; admins change it, and every version stays. */

import { useState } from 'preact/hooks';
import type { TicketTargets } from '../../../../shared/api.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { useBase, useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, PageHead, Ready } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { actorName, language, t } from '../../words/words.ts';

type TargetsLine = TicketTargets['versions'][number];
const priorities = ['P1', 'P2', 'P3', 'P4', 'P5'] as const;
const clocks = ['response', 'resolution'] as const;

/** Hours of support: a day of them is not 24. */
function promised(minutes: number | null): string {
  if (minutes === null) return none;
  const isWhole = minutes >= 60 && minutes % 60 === 0;
  return isWhole
    ? t('ticket.targets.hours', { n: number(minutes / 60, language.value) })
    : t('ticket.targets.minutes', { n: number(minutes, language.value) });
}

function Present({ targets }: { targets: TargetsLine['targets'] }) {
  return (
    <Table
      caption={t('page.ticketTargets')}
      rows={priorities}
      keyOf={(name) => name}
      columns={[
        { key: 'priority', head: t('ticket.priority'), cell: (name) => name },
        ...clocks.map((clock) => ({
          key: clock,
          head: t(`ticket.targets.${clock}`),
          cell: (name: (typeof priorities)[number]) => promised(targets[name][clock]),
        })),
        {
          key: 'hours',
          head: t('ticket.targets.counts'),
          cell: (name) => t(targets[name].always ? 'ticket.targets.always' : 'ticket.targets.support'),
        },
      ]}
    />
  );
}

type TargetsDraft = Record<string, { response: string; resolution: string; always: string }>;

const draftOf = (targets: TargetsLine['targets']): TargetsDraft =>
  Object.fromEntries(
    priorities.map((name) => {
      const { response, resolution, always } = targets[name];
      return [name, { response: String(response ?? ''), resolution: String(resolution ?? ''), always: String(always) }];
    }),
  );

function TargetsForm({ targets, onDone }: { targets: TargetsLine['targets']; onDone: () => void }) {
  const [draft, setDraft] = useState(() => draftOf(targets));
  const [from, setFrom] = useState('');
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const base = useBase('ticket-targets');
  const set = (name: string, column: keyof TargetsDraft[string], value: string) =>
    setDraft((old) => ({ ...old, [name]: { ...(old[name] as TargetsDraft[string]), [column]: value } }));
  const minutes = (text: string) => (text.trim() === '' ? null : Number(text));
  const submit = async () => {
    const changed = Object.entries(draft).map(([name, { response, resolution, always }]) => [
      name,
      { response: minutes(response), resolution: minutes(resolution), always: always === 'true' },
    ]);
    const body = {
      ...{ targets: Object.fromEntries(changed), reason },
      ...(from === '' ? {} : { from: new Date(from).getTime() }),
    };
    if (await send(() => call('ticket-targets', { method: 'PUT', body, base }))) {
      setReason('');
      setFrom('');
      onDone();
    }
  };
  return (
    <Form problem={problem} onSubmit={submit} busy={busy} word={t('ticket.targets.save')}>
      <p class="quiet">{t('ticket.targets.help')}</p>
      {priorities.map((name) => (
        <fieldset class="part-fields" key={name}>
          <legend>{name}</legend>
          <div class="form-row">
            {clocks.map((clock) => (
              <Input
                key={clock}
                label={t(`ticket.targets.${clock}Minutes`)}
                type="number"
                min="1"
                value={draft[name]?.[clock] ?? ''}
                onInput={(value) => set(name, clock, value)}
              />
            ))}
            <Select
              label={t('ticket.targets.counts')}
              value={draft[name]?.always ?? 'false'}
              onChange={(value) => set(name, 'always', value)}
              options={[
                ['false', t('ticket.targets.support')],
                ['true', t('ticket.targets.always')],
              ]}
            />
          </div>
        </fieldset>
      ))}
      <Input
        label={t('ticket.targets.from')}
        type="datetime-local"
        value={from}
        onInput={setFrom}
        help={t('ticket.targets.fromHelp')}
      />
      <Input label={t('stability.reason')} value={reason} onInput={setReason} required maxLength={500} />
    </Form>
  );
}

const inShort = (targets: TargetsLine['targets']) =>
  priorities
    .map((name) => `${name} ${promised(targets[name].response)} / ${promised(targets[name].resolution)}`)
    .join(' · ');

function Versions({ versions, current }: TicketTargets) {
  return (
    <Table
      caption={t('stability.define.versions')}
      rows={versions}
      keyOf={({ version }) => version}
      columns={[
        {
          key: 'version',
          head: t('stability.define.version'),
          cell: ({ version, from }) => (
            <>
              {version} {version === current && <span class="tag">{t('ticket.targets.now')}</span>}
              {from !== null && from > Date.now() && <span class="tag">{t('ticket.targets.planned')}</span>}
            </>
          ),
        },
        { key: 'from', head: t('ticket.targets.since'), cell: ({ from }) => <Moment at={from} /> },
        { key: 'at', head: t('ticket.targets.entered'), cell: ({ at }) => <Moment at={at} /> },
        { key: 'by', head: t('stability.define.by'), cell: ({ by }) => (by === null ? none : actorName(by)) },
        { key: 'reason', head: t('stability.reason'), cell: ({ reason }) => reason ?? t('ticket.targets.first') },
        { key: 'targets', head: t('ticket.targets.pair'), cell: ({ targets }) => inShort(targets) },
      ]}
    />
  );
}

export function TicketTargetsPage() {
  const loaded = useLoad<TicketTargets>('ticket-targets');
  return (
    <>
      <PageHead title={t('page.ticketTargets')} lead={t('ticket.targets.lead')} />
      <Ready of={loaded} lines={6}>
        {(data) => {
          const present = data.versions.find(({ version }) => version === data.current) ?? data.versions[0];
          return (
            <div class="stack">
              {present && (
                <Box flush>
                  <Present targets={present.targets} />
                </Box>
              )}
              {may('admin') && present && (
                <Box title={t('ticket.targets.change')}>
                  <TargetsForm key={data.versions.length} targets={present.targets} onDone={loaded.reload} />
                </Box>
              )}
              <Box title={t('stability.define.versions')} flush>
                <Versions {...data} />
              </Box>
            </div>
          );
        }}
      </Ready>
    </>
  );
}
