/** The directory server whose people the desk knows: how old they are, what went wrong, and what reading it would change. */
import { useState } from 'preact/hooks';
import type { LdapOutcome, LdapView } from '../../../../shared/directory.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { me } from '../../net/session.ts';
import { Box, Callout, ProblemCallout } from '../../parts/box.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Input } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Ago, Moment } from '../../parts/moment.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { Table } from '../../parts/table.tsx';
import { TableLines } from '../../parts/table-file.tsx';
import { formatReasons } from '../../words/reason.ts';
import { language, t } from '../../words/words.ts';

const address = 'directory/ldap';
const say = (value: number) => number(value, language.value, 0);
const Code = ({ text }: { text: string }) => <code lang="en">{text}</code>;

function State({ of: { state, why, asOf, missing } }: { of: LdapView }) {
  if (why.length > 0)
    return (
      <Callout
        tone="warning"
        title={
          asOf === null ? (
            t('ldap.failedFirst')
          ) : (
            <Sentence of="ldap.failed" values={{ when: <Moment at={asOf} shape="moment" /> }} />
          )
        }
      >
        {formatReasons(why)}
      </Callout>
    );
  if (state === 'held') return <Callout tone="warning" title={t('ldap.held', { n: say(missing) })} />;
  return state === 'unseen' ? <p>{t('ldap.unseen')}</p> : null;
}

function Facts({ of: { url, bind, base, filter, asOf, triedAt, refresh, people } }: { of: LdapView }) {
  return (
    <dl class="facts">
      <Fact name={t('ldap.asOf')}>{asOf === null ? t('ldap.never') : <Moment at={asOf} shape="moment" />}</Fact>
      <Fact name={t('ldap.people')}>{say(people)}</Fact>
      <Fact name={t('ldap.server')}>
        <Code text={url} />
      </Fact>
      <Fact name={t('ldap.bind')}>{bind === null ? t('ldap.anonymous') : <Code text={bind} />}</Fact>
      <Fact name={t('ldap.base')}>
        <Code text={base} />
      </Fact>
      <Fact name={t('ldap.filter')}>
        <Code text={filter} />
      </Fact>
      <Fact name={t('ldap.refresh')}>{t('ldap.refreshIs', { cron: refresh, zone: me.value?.zone ?? '' })}</Fact>
      {triedAt !== null && triedAt !== asOf && (
        <Fact name={t('ldap.tried')}>
          <Ago at={triedAt} />
        </Fact>
      )}
    </dl>
  );
}

function Notes({ notes }: Pick<LdapOutcome, 'notes'>) {
  return (
    <details>
      <summary>{t('ldap.notes', { n: say(notes.length) })}</summary>
      <p class="quiet small">{t('ldap.notesLead')}</p>
      <Table
        caption={t('ldap.notes', { n: say(notes.length) })}
        rows={notes.map((note, n) => ({ ...note, n }))}
        keyOf={({ n }) => n}
        columns={[
          { key: 'entry', head: t('ldap.entry'), cell: ({ entry }) => <Code text={entry} /> },
          {
            key: 'field',
            head: t('ldap.field'),
            cell: ({ field }) => (field ? t(`ldap.fields.${field}`) : t('ldap.whole')),
          },
          { key: 'value', head: t('csv.value'), cell: ({ value }) => (value === '' ? none : <Code text={value} />) },
          { key: 'why', head: t('csv.why'), cell: ({ why }) => formatReasons([why]) },
        ]}
      />
    </details>
  );
}

function Outcome({
  of: { applied, counts, entries, lines, notes, referrals, machines, moreMachines },
}: {
  of: LdapOutcome;
}) {
  const { add, change, same, gone } = counts;
  const values = { add: say(add), change: say(change), same: say(same), gone: say(gone), entries: say(entries) };
  const unknown = (machines?.length ?? 0) + moreMachines;
  return (
    <>
      <p role="status">{t(applied ? 'ldap.done' : 'ldap.would', values)}</p>
      {!applied && <TableLines lines={lines} />}
      {notes.length > 0 && <Notes notes={notes} />}
      {referrals > 0 && <p class="quiet">{t('ldap.referrals', { n: say(referrals) })}</p>}
      {machines !== null && unknown > 0 && (
        <details>
          <summary>{t('ldap.machines', { n: say(unknown) })}</summary>
          <p class="quiet small">{t('ldap.machinesLead')}</p>
          <p>
            {machines.join(' · ')}
            {moreMachines > 0 && ` ${t('csv.more', { n: say(moreMachines) })}`}
          </p>
        </details>
      )}
    </>
  );
}

function Server({ of, onRead }: { of: LdapView; onRead: () => void }) {
  const [outcome, setOutcome] = useState<LdapOutcome | null>(null);
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  async function read(body: object): Promise<void> {
    const isRead = await send(async () => setOutcome(await call<LdapOutcome>(address, { method: 'POST', body })));
    // What was shown no longer holds.
    if (!isRead) setOutcome(null);
    onRead();
  }
  const apply = () => read({ reason, digest: outcome?.digest });
  const mayApply = outcome !== null && !outcome.applied;
  return (
    <div class="stack">
      <p>{t('ldap.lead')}</p>
      <State of={of} />
      <Facts of={of} />
      {problem && <ProblemCallout problem={problem} />}
      <p>
        <button type="button" class="button" disabled={busy} onClick={() => void read({})}>
          {t(busy ? 'ldap.looking' : 'ldap.look')}
        </button>
      </p>
      {outcome && <Outcome of={outcome} />}
      {mayApply && (
        <Form onSubmit={apply} busy={busy} word={t('ldap.apply')}>
          <Input label={t('stability.reason')} value={reason} onInput={setReason} required maxLength={500} />
        </Form>
      )}
    </div>
  );
}

/** Nothing where none is set: it is set in evenkeel.yaml alone. */
export function DirectoryServer({ onDone }: { onDone: () => void }) {
  const { data, reload } = useLoad<{ server: LdapView | null }>(address);
  if (!data?.server) return null;
  const onRead = () => {
    reload();
    onDone();
  };
  return (
    <Box title={<span id="ldap">{t('ldap.title')}</span>}>
      <Server of={data.server} onRead={onRead} />
    </Box>
  );
}
