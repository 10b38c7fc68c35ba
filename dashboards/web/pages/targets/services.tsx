/** Services: what users use. How each is now, since when, what it depends on, and how available it was this month. */

import { useState } from 'preact/hooks';
import type { EndpointRow } from '../../../../shared/api.ts';
import type { ServicePart, ServiceRow, TargetRow } from '../../../../shared/target-api.ts';
import { none } from '../../../../shared/words/format.ts';
import { useBase, useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Empty, PageHead, Ready } from '../../parts/box.tsx';
import { Delete } from '../../parts/delete.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useTextIn } from '../../parts/in-address.ts';
import { Ago } from '../../parts/moment.tsx';
import { Narrowed } from '../../parts/narrowed.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { Table } from '../../parts/table.tsx';
import { search, to } from '../../router.ts';
import { t } from '../../words/words.ts';
import { format, needOf, WatchedMark } from './facts.tsx';
import { Share } from './record.tsx';

function Part({ part: { id, name, kind, state } }: { part: ServicePart }) {
  return (
    <div>
      <WatchedMark state={state} />{' '}
      {kind === 'gone' ? <span class="quiet">{t('service.gone')}</span> : <a href={to.endpoint(id)}>{name}</a>}
    </div>
  );
}

function List({ rows }: { rows: readonly ServiceRow[] }) {
  if (rows.length === 0)
    return (
      <Empty icon="target" title={t('service.empty')}>
        <p>{t('service.emptyText')}</p>
      </Empty>
    );
  return (
    <Box flush>
      <Table
        caption={t('page.services')}
        rows={rows}
        keyOf={({ id }) => id}
        columns={[
          {
            key: 'name',
            head: t('target.name'),
            cell: ({ id, name, note }) => (
              <div class="named">
                <a class="strong" href={to.endpoint(id)}>
                  {name}
                </a>
                {note !== '' && <div class="quiet small place-note">{note}</div>}
              </div>
            ),
          },
          { key: 'state', head: t('target.stateHead'), cell: ({ state }) => <WatchedMark state={state} /> },
          { key: 'since', head: t('target.since'), cell: ({ since }) => <Ago at={since} /> },
          {
            key: 'parts',
            head: t('service.parts'),
            cell: (row) => (
              <div class="small">
                <div class="quiet">{needOf(row)}</div>
                {row.parts.map((part) => (
                  <Part key={part.id} part={part} />
                ))}
              </div>
            ),
          },
          {
            key: 'month',
            head: t('service.month'),
            right: true,
            cell: ({ month }) => <Share of={month} />,
          },
        ]}
      />
    </Box>
  );
}

interface ServiceFormProps {
  service: ServiceRow | null;
  /** What it can be made of. */
  choices: readonly { id: string; name: string }[];
  onDone: () => void;
  onCancel: () => void;
}

function ServiceForm({ service, choices, onDone, onCancel }: ServiceFormProps) {
  const [name, setName] = useState(service?.name ?? '');
  const [note, setNote] = useState(service?.note ?? '');
  const [parts, setParts] = useState<readonly string[]>(service?.parts.map(({ id }) => id) ?? []);
  const [need, setNeed] = useState(service?.need == null ? '' : String(service.need));
  const { busy, problem, send } = useSend();
  const base = useBase('services');
  const nameOf = (id: string) => [...choices, ...(service?.parts ?? [])].find((one) => one.id === id)?.name ?? id;
  const submit = async () => {
    const body = { name, note, parts, need: need === '' ? null : Number(need) };
    const address = service ? `services/${encodeURIComponent(service.id)}` : 'services';
    if (await send(() => call(address, { method: service ? 'PATCH' : 'POST', body, base }))) onDone();
  };
  return (
    <div class="stack">
      <Form
        busy={busy}
        problem={problem}
        onSubmit={submit}
        word={may('operator') && (service ? t('common.save') : t('service.create'))}
        onCancel={onCancel}
      >
        <div class="form-row">
          <Input label={t('target.name')} value={name} onInput={setName} required maxLength={128} autocomplete="off" />
          <Input label={t('service.note')} value={note} onInput={setNote} maxLength={2000} />
        </div>
        <div class="form-row">
          <Field label={t('service.parts')}>
            {(ids) => (
              <div class="row" {...ids}>
                {parts.length === 0 && <span class="quiet">{none}</span>}
                {parts.map((id) => (
                  <button
                    key={id}
                    type="button"
                    class="button slim"
                    aria-label={t('service.removePart', { name: nameOf(id) })}
                    onClick={() => setParts(parts.filter((one) => one !== id))}
                  >
                    {nameOf(id)} ×
                  </button>
                ))}
              </div>
            )}
          </Field>
          <Select
            label={t('service.addPart')}
            value=""
            onChange={(id) => id !== '' && setParts([...parts, id])}
            options={[
              ['', t('common.choose')],
              ...choices.filter(({ id }) => !parts.includes(id)).map((one) => [one.id, one.name] as const),
            ]}
          />
          <Input
            label={t('service.need')}
            type="number"
            min="1"
            max={String(Math.max(1, parts.length))}
            value={need}
            onInput={setNeed}
            placeholder={t('service.all')}
            help={t('service.needHelp')}
          />
        </div>
      </Form>
      {service && may('operator') && (
        <Delete
          name={service.name}
          warning={t('service.deleteWarning')}
          address={`services/${encodeURIComponent(service.id)}`}
          onDone={onDone}
        />
      )}
    </div>
  );
}

export function ServicesPage() {
  const loaded = useLoad<Page<ServiceRow>>('services', ({ kind }) => kind === 'target' || kind === 'endpoint', 2000);
  const targets = useLoad<Page<TargetRow>>('targets');
  const endpoints = useLoad<Page<EndpointRow>>('endpoints?limit=500');
  // From its own page.
  const [open, setOpen] = useTextIn('service');
  const close = () => setOpen(null);
  const wanted = new URLSearchParams(search.value).get('state');
  const rows = loaded.data?.items ?? [];
  const edited = rows.find(({ id }) => id === open);
  const down = rows.filter(({ state }) => state === 'down').length;
  const unknown = rows.filter(({ state }) => state === 'unknown').length;
  const choices = [...(targets.data?.items ?? []), ...(endpoints.data?.items ?? [])];
  return (
    <>
      <PageHead
        title={t('page.services')}
        lead={
          rows.length > 0 && (
            <>
              <Sentence
                of="service.lead"
                values={{
                  down: <a href="/services?state=down">{format(down)}</a>,
                  all: <a href="/services">{format(rows.length)}</a>,
                }}
              />{' '}
              {unknown > 0 && (
                <Sentence
                  of="service.unknownOf"
                  values={{ n: <a href="/services?state=unknown">{format(unknown)}</a> }}
                />
              )}
            </>
          )
        }
      >
        <a href="/targets">{t('page.targets')}</a>
        {may('operator') && open === null && (
          <button type="button" class="button" onClick={() => setOpen('')}>
            <Icon name="add" />
            {t('service.new')}
          </button>
        )}
      </PageHead>
      {(open === '' || edited) && (
        <Box key={open} title={edited?.name ?? t('service.new')}>
          <ServiceForm
            service={edited ?? null}
            choices={choices}
            onDone={() => {
              close();
              loaded.reload();
            }}
            onCancel={close}
          />
        </Box>
      )}
      <Narrowed of={[['state', (wanted === 'down' || wanted === 'unknown') && t(`target.only.${wanted}`)]]} />
      <Ready of={loaded}>
        {({ items }) => <List rows={items.filter(({ state }) => wanted === null || state === wanted)} />}
      </Ready>
    </>
  );
}
