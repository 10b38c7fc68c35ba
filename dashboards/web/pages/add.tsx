/** A new endpoint: make a join code, paste one line on the machine. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Enrollment, GroupRow, NewEnrollment } from '../../../shared/api.ts';
import { whoeverItWas } from '../../../shared/identity-kinds.ts';
import { none, number } from '../../../shared/words/format.ts';
import { now } from '../clock.ts';
import { useLoad, useSend } from '../net/load.ts';
import { call, type Page } from '../net/request.ts';
import { may, me } from '../net/session.ts';
import { Box, Callout, Empty, PageHead, ProblemCallout, Ready } from '../parts/box.tsx';
import { Ended } from '../parts/ended.tsx';
import { Input, Select } from '../parts/field.tsx';
import { Form } from '../parts/form.tsx';
import { Mark } from '../parts/mark.tsx';
import { Ago, Moment } from '../parts/moment.tsx';
import { Sentence } from '../parts/sentence.tsx';
import { SiteInput } from '../parts/site-input.tsx';
import { Table } from '../parts/table.tsx';
import { keepForTab, keptForTab } from '../remember.ts';
import { faultsOf } from '../words/fault.ts';
import { actorName, language, t } from '../words/words.ts';
import { MadeLine } from './join/line.tsx';
import { Progress } from './join/progress.tsx';
import { WaitingMachines } from './join/waiting.tsx';

const kinds = ['', 'server', 'workstation'] as const;

const wordsIn = (text: string) => text.split(/[\s,]+/).filter((one) => one !== '');

function NewCode({ onMade }: { onMade: (made: NewEnrollment) => void }) {
  const [label, setLabel] = useState('');
  const [site, setSite] = useState('');
  const [kind, setKind] = useState('');
  const [uses, setUses] = useState('1');
  const [hours, setHours] = useState('24');
  const [tags, setTags] = useState('');
  const [ranges, setRanges] = useState('');
  const [group, setGroup] = useState('');
  const [approval, setApproval] = useState(false);
  const [isAnew, setAnew] = useState(false);
  const groups = useLoad<Page<GroupRow>>('groups', ({ kind }) => kind === 'group').data?.items ?? [];
  const { busy, problem, send } = useSend();
  const faultAt = faultsOf(problem);
  const submit = async () => {
    const body = {
      label,
      site: site === '' ? null : site,
      kind: kind === '' ? null : kind,
      maxUses: Number(uses),
      hours: Number(hours),
      tags: wordsIn(tags),
      ranges: wordsIn(ranges),
      groups: group === '' ? [] : [group],
      approval,
      ...(isAnew && { replaces: whoeverItWas }),
    };
    await send(async () => onMade(await call<NewEnrollment>('enrollments', { method: 'POST', body })));
  };
  return (
    <Form problem={problem} onSubmit={submit} busy={busy} word={t('add.make')}>
      <div class="form-row">
        <SiteInput value={site} onInput={setSite} help={t('place.siteHelpJoin')} />
      </div>
      <details class="fold" open={['hours', 'tags', 'ranges'].some((one) => faultAt(one)) ? true : undefined}>
        <summary>{t('add.more')}</summary>
        <div class="form-row">
          <Input label={t('add.label')} value={label} onInput={setLabel} maxLength={128} help={t('add.labelHelp')} />
          <Select
            label={t('filter.name.kind')}
            value={kind}
            onChange={setKind}
            options={kinds.map((one) => [one, one === '' ? t('add.guess') : t(`kind.${one}`)] as const)}
          />
          <Input label={t('add.uses')} type="number" value={uses} onInput={setUses} min="1" max="100000" required />
          <Select
            label={t('add.expires')}
            value={hours}
            onChange={setHours}
            options={(['1', '24', '168', '720', '8760'] as const).map((one) => [one, t(`add.hours.${one}`)] as const)}
            error={faultAt('hours')}
          />
          <Input
            label={t('add.tags')}
            value={tags}
            onInput={setTags}
            maxLength={1000}
            help={t('add.tagsHelp')}
            error={faultAt('tags')}
          />
          <Input
            label={t('add.ranges')}
            value={ranges}
            onInput={setRanges}
            maxLength={1000}
            help={t('add.rangesHelp')}
            error={faultAt('ranges')}
          />
          <Select
            label={t('filter.name.group')}
            value={group}
            onChange={setGroup}
            options={[['', none], ...groups.map(({ id, name }) => [id, name] as const)]}
          />
        </div>
        <label class="option">
          <input type="checkbox" checked={approval} onChange={(event) => setApproval(event.currentTarget.checked)} />
          <span>
            {t('add.approval')} <span class="quiet small">{t('add.approvalHelp')}</span>
          </span>
        </label>
        <label class="option">
          <input type="checkbox" checked={isAnew} onChange={(event) => setAnew(event.currentTarget.checked)} />
          <span>
            {t('identity.anew')} <span class="quiet small">{t('identity.anewHelp')}</span>
          </span>
        </label>
      </details>
    </Form>
  );
}

function Made({ made, onMore }: { made: NewEnrollment; onMore: () => void }) {
  return (
    <div class="stack">
      <MadeLine made={made} lead={t('add.paste')}>
        <button type="button" class="button" onClick={onMore}>
          {t('add.another')}
        </button>
      </MadeLine>
      <Progress code={made.enrollment} />
    </div>
  );
}

function codeState(code: Enrollment): 'revoked' | 'expired' | 'used' | 'open' {
  if (code.revokedAt !== null) return 'revoked';
  if (code.uses >= code.maxUses) return 'used';
  return code.expiresAt <= now.value ? 'expired' : 'open';
}

function Revoke({ code, onDone }: { code: Enrollment; onDone: () => void }) {
  const { busy, problem, send } = useSend();
  if (codeState(code) !== 'open' || !may('admin')) return <span class="quiet">—</span>;
  return (
    <div>
      <button
        type="button"
        class="button slim"
        disabled={busy}
        onClick={() =>
          void send(() => call(`enrollments/${encodeURIComponent(code.id)}`, { method: 'DELETE' })).then(onDone)
        }
      >
        {t('common.revoke')}
        <span class="unseen"> {actorName(code.label)}</span>
      </button>
      {problem && <ProblemCallout problem={problem} />}
    </div>
  );
}

function Codes({ items, onDone }: { items: readonly Enrollment[]; onDone: () => void }) {
  return (
    <Table
      caption={t('add.codes')}
      rows={items}
      keyOf={(row) => row.id}
      columns={[
        { key: 'label', head: t('add.label'), cell: (row) => actorName(row.label) || t('add.noLabel') },
        {
          key: 'state',
          head: t('column.state'),
          cell: (row) => {
            const state = codeState(row);
            return (
              <div>
                <Mark tone={state === 'open' ? 'ok' : 'idle'} icon={state === 'open' ? 'online' : 'offline'}>
                  {t(`add.state.${state}`)}
                </Mark>
                {state === 'revoked' && (
                  <p class="quiet small">
                    {actorName(row.revokedBy ?? '')} {row.revokedAt !== null && <Moment at={row.revokedAt} />}
                  </p>
                )}
              </div>
            );
          },
        },
        {
          key: 'uses',
          head: t('add.used'),
          cell: (row) =>
            t('add.usedOf', { n: number(row.uses, language.value), max: number(row.maxUses, language.value) }),
        },
        {
          key: 'for',
          head: t('add.for'),
          cell: (row) =>
            [row.site, row.kind && t(`kind.${row.kind}`), ...row.tags, ...row.ranges, row.approval && t('add.approved')]
              .filter(Boolean)
              .join(' · ') || '—',
        },
        { key: 'expires', head: t('add.until'), cell: (row) => <Moment at={row.expiresAt} /> },
        {
          key: 'by',
          head: t('add.madeBy'),
          cell: (row) => (
            <div>
              {actorName(row.createdBy)}{' '}
              <span class="quiet small">
                <Ago at={row.createdAt} />
              </span>
            </div>
          ),
        },
        { key: 'revoke', head: t('add.act'), cell: (row) => <Revoke code={row} onDone={onDone} /> },
      ]}
    />
  );
}

function Lists({ items, onDone }: { items: readonly Enrollment[]; onDone: () => void }) {
  const open = items.filter((code) => codeState(code) === 'open');
  return (
    <>
      {open.length === 0 ? <p class="box-body quiet">{t('add.noneOpen')}</p> : <Codes items={open} onDone={onDone} />}
      <Ended n={items.length - open.length}>
        <Codes items={items.filter((code) => codeState(code) !== 'open')} onDone={onDone} />
      </Ended>
    </>
  );
}

/** What is to be done, and what is under way. */
function Lead({ items }: { items: readonly Enrollment[] }) {
  const open = items.filter((code) => codeState(code) === 'open').length;
  return (
    <>
      {t('add.lead')}{' '}
      {open > 0 && <Sentence of="add.leadOpen" values={{ n: <a href="#codes">{number(open, language.value)}</a> }} />}
    </>
  );
}

/** The line cannot be shown again by the collector: a reload of the page in this tab keeps it, for whoever made it. */
function lineOfTab(): NewEnrollment | null {
  const kept = keptForTab('join');
  const { by, made } = kept ? (JSON.parse(kept) as { by: string; made: NewEnrollment }) : {};
  return made && by === me.value?.user && codeState(made.enrollment) === 'open' ? made : null;
}

export function AddPage() {
  const [made, setMade] = useState(lineOfTab);
  useEffect(() => keepForTab('join', made ? JSON.stringify({ by: me.value?.user, made }) : ''), [made]);
  const list = useLoad<Page<Enrollment>>(
    may('operator') ? 'enrollments' : null,
    (change) => change.kind === 'endpoint',
    3000,
  );
  const current = list.data?.items.find(({ id }) => id === made?.enrollment.id);
  // Used up, or revoked by somebody: once the page is read anew it is of no use. While it stays open it shows how the machine does.
  const isNew = useRef(true);
  useEffect(() => {
    if (!list.data) return;
    if (current && codeState(current) !== 'open') {
      keepForTab('join', '');
      if (isNew.current) setMade(null);
    }
    isNew.current = false;
  }, [current, list.data]);
  return (
    <>
      <PageHead title={t('page.add')} lead={<Lead items={list.data?.items ?? []} />} />
      <Box title={made ? t('add.ready') : t('add.step')}>
        {!may('admin') && <Callout tone="info">{t('add.adminOnly')}</Callout>}
        {may('admin') &&
          (made ? (
            <Made made={made} onMore={() => setMade(null)} />
          ) : (
            <NewCode
              onMade={(fresh) => {
                setMade(fresh);
                list.reload();
              }}
            />
          ))}
      </Box>
      {may('operator') && <WaitingMachines />}
      {may('operator') && (
        <Box title={<span id="codes">{t('add.codes')}</span>} flush>
          <Ready of={list}>
            {({ items }) =>
              items.length === 0 ? (
                <Empty icon="add" title={t('add.none')} />
              ) : (
                <Lists items={items} onDone={list.reload} />
              )
            }
          </Ready>
        </Box>
      )}
    </>
  );
}
