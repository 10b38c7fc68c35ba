/** What else can be done with a ticket: hold it, weigh it, hand it off, call helpers, link it. One fold for each. */

import { useState } from 'preact/hooks';
import type { TicketDetail } from '../../../../shared/api.ts';
import { holdReasons } from '../../../../shared/hold.ts';
import { me } from '../../net/session.ts';
import { Box } from '../../parts/box.tsx';
import { CopyButton, Input, Select } from '../../parts/field.tsx';
import { Moment } from '../../parts/moment.tsx';
import { PersonInput } from '../../parts/person-input.tsx';
import { TextArea } from '../../parts/text-area.tsx';
import { to } from '../../router.ts';
import { t } from '../../words/words.ts';
import { categories, tiers } from './filters.tsx';
import { PartsWork } from './parts.tsx';
import { RequesterInput } from './requester-input.tsx';
import { isSwarm } from './swarm.tsx';
import { type Run, WorkFold } from './work-fold.tsx';

export interface PartProps {
  detail: TicketDetail;
  run: Run;
  busy: boolean;
}

interface VendorReferenceProps {
  value: string;
  onInput: (value: string) => void;
}

export const VendorReference = (props: VendorReferenceProps) => (
  <Input label={t('ticket.vendorReference')} {...props} maxLength={100} help={t('ticket.vendorReferenceHelp')} />
);
export const vendorNamed = (reference: string) =>
  reference.trim() === '' ? {} : { vendorReference: reference.trim() };

/** With a reason and a date, of the sheet of the bar. */
export function Hold({ detail: { row }, run, busy }: PartProps) {
  const [reason, setReason] = useState<string>(holdReasons[0]);
  const [reference, setReference] = useState(row.vendorReference ?? '');
  const awaitsVendor = reason === 'awaiting_vendor';
  const [until, setUntil] = useState('');
  return (
    <WorkFold
      isBare
      title={t('ticket.holdTitle')}
      verb={t('ticket.holdSet')}
      busy={busy}
      onSend={() =>
        run('state', {
          ...{ state: 'on_hold', reason, until: new Date(until).getTime() },
          ...(awaitsVendor ? vendorNamed(reference) : {}),
        })
      }
    >
      <Select
        label={t('ticket.holdWhy')}
        value={reason}
        onChange={setReason}
        options={holdReasons.map((one) => [one, t(`ticket.hold.${one}`)] as const)}
      />
      {awaitsVendor && <VendorReference value={reference} onInput={setReference} />}
      <Input label={t('ticket.holdUntil')} type="datetime-local" value={until} onInput={setUntil} required />
    </WorkFold>
  );
}

export const levels = ['1', '2', '3'] as const;

function Weigh({ detail: { row }, run, busy }: PartProps) {
  const [impact, setImpact] = useState(String(row.impact));
  const [urgency, setUrgency] = useState(String(row.urgency));
  const [reason, setReason] = useState('');
  return (
    <WorkFold
      title={t('ticket.weigh')}
      verb={t('ticket.weighSet')}
      busy={busy}
      onSend={() => run('priority', { impact: Number(impact), urgency: Number(urgency), reason })}
    >
      <Select
        label={t('ticket.impact')}
        value={impact}
        onChange={setImpact}
        options={levels.map((level) => [level, t(`ticket.impacts.${level}`)] as const)}
      />
      <Select
        label={t('ticket.urgency')}
        value={urgency}
        onChange={setUrgency}
        options={levels.map((level) => [level, t(`ticket.urgencies.${level}`)] as const)}
      />
      <Input label={t('ticket.reason')} value={reason} onInput={setReason} required maxLength={500} />
    </WorkFold>
  );
}

/** Nobody asked for a ticket of the monitor. */
function Correct({ detail: { row }, run, busy }: PartProps) {
  const [requester, setRequester] = useState(row.requester ?? '');
  const [category, setCategory] = useState<string>(row.category);
  const asked = requester.trim();
  const changes = {
    ...(asked === '' || asked === row.requester ? {} : { requester: asked }),
    ...(category === row.category ? {} : { category }),
  };
  return (
    <WorkFold
      title={t('ticket.correct')}
      verb={t('ticket.correctSet')}
      busy={busy}
      lacks={Object.keys(changes).length === 0 && t('form.lacks.change')}
      onSend={() => run('correct', changes)}
    >
      {row.kind === 'person' && (
        <RequesterInput
          value={requester}
          onInput={setRequester}
          help={t('ticket.requesterHelp')}
          endpoint={row.endpoint?.id ?? ''}
        />
      )}
      <Select
        label={t('ticket.category')}
        value={category}
        onChange={setCategory}
        options={categories.map((one) => [one, t(`ticket.categories.${one}`)] as const)}
      />
    </WorkFold>
  );
}

export const vendorTier = '4';

export function HandOff({ detail: { row }, run, busy }: PartProps) {
  const [tier, setTier] = useState(String(Math.min(4, row.tier + 1)));
  const [assignee, setAssignee] = useState('');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState('');
  const [reference, setReference] = useState(row.vendorReference ?? '');
  const name = assignee.trim();
  const isVendor = tier === vendorTier;
  return (
    <WorkFold
      isBare
      title={t('ticket.handOff')}
      verb={t('ticket.handOffSet')}
      busy={busy}
      onSend={() =>
        run('hand-off', {
          ...{ tier: Number(tier), reason, tried },
          ...(name === '' ? {} : { assignee: name }),
          ...(isVendor ? vendorNamed(reference) : {}),
        })
      }
    >
      <Select
        label={t('ticket.tier')}
        value={tier}
        onChange={setTier}
        options={tiers.map((one) => [one, t(`ticket.tiers.${one}`)] as const)}
      />
      {isVendor && <VendorReference value={reference} onInput={setReference} />}
      <PersonInput label={t('ticket.assignee')} value={assignee} onInput={setAssignee} />
      <Input label={t('ticket.reason')} value={reason} onInput={setReason} required maxLength={500} />
      <TextArea
        label={t('ticket.tried')}
        value={tried}
        onInput={setTried}
        required
        maxLength={5000}
        rows={3}
        help={t('ticket.triedHelp')}
      />
    </WorkFold>
  );
}

/** A duplicate ends with the link to what it repeats. */
export function Cancel({ detail, run, busy }: PartProps) {
  const hasParent = detail.links.some(({ kind }) => kind === 'parent');
  // None beforehand: it is for ever.
  const [reason, setReason] = useState('');
  const [text, setText] = useState('');
  return (
    <WorkFold
      isBare
      title={t('ticket.cancelTitle')}
      verb={t('ticket.cancelSet')}
      busy={busy}
      onSend={() =>
        run('state', { ...{ state: 'cancelled', reason }, ...(text.trim() === '' ? {} : { text: text.trim() }) })
      }
    >
      <p class="quiet small">{t('ticket.cancelHelp')}</p>
      <Select
        label={t('ticket.reason')}
        value={reason}
        onChange={setReason}
        required
        options={[
          ['', t('common.choose')],
          ...(['not_an_issue', 'spam', ...(hasParent ? (['merged'] as const) : [])] as const).map(
            (one) => [one, t(`ticket.cancelWhy.${one}`)] as const,
          ),
        ]}
      />
      <Input label={t('ticket.cancelText')} value={text} onInput={setText} maxLength={500} />
    </WorkFold>
  );
}

/** Of what is resolved: by itself it closes only days later. */
export function Close({ run, busy }: Pick<PartProps, 'run' | 'busy'>) {
  const [text, setText] = useState('');
  return (
    <WorkFold
      isBare
      title={t('ticket.closeTitle')}
      verb={t('ticket.closeSet')}
      busy={busy}
      onSend={() => run('state', { state: 'closed', ...(text.trim() === '' ? {} : { text: text.trim() }) })}
    >
      <p class="quiet small">{t('ticket.closeHelp')}</p>
      <Input label={t('ticket.cancelText')} value={text} onInput={setText} maxLength={500} />
    </WorkFold>
  );
}

const linkKinds = ['parent', 'duplicate', 'follows', 'related', 'change', 'alert'] as const;

function Link({ run, busy }: PartProps) {
  const [kind, setKind] = useState<string>('related');
  const [target, setTarget] = useState('');
  return (
    <WorkFold
      title={t('ticket.link')}
      verb={t('ticket.linkSet')}
      busy={busy}
      onSend={() => run('links', { kind, target: target.trim() })}
    >
      <Select
        label={t('ticket.linkKind')}
        value={kind}
        onChange={setKind}
        options={linkKinds.map((one) => [one, t(`ticket.links.${one}`)] as const)}
      />
      <Input label={t('ticket.linkTarget')} value={target} onInput={setTarget} required maxLength={64} />
    </WorkFold>
  );
}

/** Called as a swarm, and who has joined; the owner stays the owner. */
function Helpers({ detail, run, busy }: PartProps) {
  const kind = detail.row.priority <= 2 ? 'severity' : 'local';
  const isHelping = detail.participants.some(({ person, leftAt }) => person === me.value?.user && leftAt === null);
  const step = isHelping ? 'leave' : 'join';
  const [whom, setWhom] = useState('');
  const name = whom.trim();
  return (
    <>
      <WorkFold
        title={t('ticket.askHelp')}
        verb={t('ticket.askHelp')}
        busy={busy}
        onSend={() => run('swarm', { kind, ...(name === '' ? {} : { people: [name] }) })}
      >
        <PersonInput label={t('ticket.askWhom')} value={whom} onInput={setWhom} />
        <p class="quiet small">{t('ticket.askWhomHelp')}</p>
      </WorkFold>
      {!isSwarm(detail) && (
        <div class="form-end">
          <button
            type="button"
            class="button slim"
            disabled={busy}
            onClick={() => run(`participants/${step}`, isHelping ? {} : { kind })}
          >
            {t(`ticket.${step}`)}
          </button>
        </div>
      )}
    </>
  );
}

export function MoreWork(props: PartProps) {
  return (
    <div class="stack-2">
      <Helpers {...props} />
      <Weigh {...props} />
      <Correct {...props} />
      <Link {...props} />
      <PartsWork {...props} />
    </div>
  );
}

type TicketLink = TicketDetail['links'][number];

/** Changes of older versions may be called anything. */
function LinkTarget({ of: { kind, target } }: { of: TicketLink }) {
  if (kind === 'alert') return <a href={to.alert(target)}>{target}</a>;
  if (kind !== 'change') return <a href={to.ticket(Number(target))}>#{target}</a>;
  const [, number] = /^(?:C-)?(\d+)$/.exec(target) ?? [];
  return number === undefined ? <span>{target}</span> : <a href={to.change(Number(number))}>{target}</a>;
}

interface CompanyProps {
  detail: TicketDetail;
  /** Null for those who may not change it, and where it has ended. */
  onUnlink: ((link: number) => void) | null;
  busy: boolean;
}

/** Other tickets, changes and alerts; who helps. Nothing where there is neither. */
export function Company({ detail, onUnlink, busy }: CompanyProps) {
  const { links, linkedFrom, participants } = detail;
  if (links.length + linkedFrom.length + participants.length === 0) return null;
  return (
    <Box title={t('ticket.company')}>
      <ul class="stack-2">
        {links.map((link) => (
          <li key={`to${link.id}`}>
            {t(`ticket.links.${link.kind}`)}: <LinkTarget of={link} />{' '}
            {onUnlink && (
              <button type="button" class="button slim" disabled={busy} onClick={() => onUnlink(link.id)}>
                {t('ticket.unlink')}
              </button>
            )}
          </li>
        ))}
        {linkedFrom.map(({ ticket, kind }) => (
          <li key={`from${kind}${ticket}`}>
            {t(`ticket.linkedFrom.${kind as 'parent'}`)}: <a href={to.ticket(ticket)}>#{ticket}</a>
          </li>
        ))}
        {participants.map(({ person, swarm, joinedAt, leftAt }) => (
          <li key={`${person}${joinedAt}`}>
            {person} <span class="quiet small">{t(`ticket.swarms.${swarm}`)}</span>{' '}
            <span class="quiet small">
              <Moment at={joinedAt} />
              {leftAt !== null && (
                <>
                  –<Moment at={leftAt} />
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Box>
  );
}

interface RatingProps {
  detail: TicketDetail;
  /** The secret of the link, while it is known. */
  token: string | null;
  onRenew: (() => void) | null;
}

/** What who asked thinks of it, or the link by which they can say so. */
export function RatingBox({ detail: { rating }, token, onRenew }: RatingProps) {
  if (!rating.isAsked) return null;
  const link = token === null ? null : `${location.origin}/rate/${token}`;
  return (
    <Box title={t('ticket.rating')}>
      <div class="stack-2">
        <p>
          {rating.rating === null ? t('ticket.notRated') : t('ticket.rated', { n: rating.rating })}{' '}
          {rating.at !== null && <Moment at={rating.at} />}
        </p>
        {rating.comment && <p class="said">{rating.comment}</p>}
        {link !== null && (
          <>
            <p class="small">{t('ticket.rateLinkHelp')}</p>
            <code class="said">{link}</code>
            <CopyButton text={link} />
          </>
        )}
        {link === null && rating.rating === null && onRenew && (
          <button type="button" class="button slim" onClick={onRenew}>
            {t('ticket.rateLink')}
          </button>
        )}
      </div>
    </Box>
  );
}
