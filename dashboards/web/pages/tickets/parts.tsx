/** What a ticket becomes part of, what becomes a ticket of its own, and the words on it. */
import { useState } from 'preact/hooks';
import type { TicketDetail } from '../../../../shared/api.ts';
import { time } from '../../../../shared/words/format.ts';
import { Input } from '../../parts/field.tsx';
import { TextArea } from '../../parts/text-area.tsx';
import { language, t } from '../../words/words.ts';
import { type Run, WorkFold } from './work-fold.tsx';

interface TicketPartsProps {
  detail: TicketDetail;
  run: Run;
  busy: boolean;
}

const words = (text: string) => text.split(/[\s,]+/u).filter(Boolean);

function TagsForm({ detail: { row }, run, busy }: TicketPartsProps) {
  const [text, setText] = useState(row.tags.join(' '));
  const next = words(text);
  const send = () =>
    run('tags', {
      add: next.filter((tag) => !row.tags.includes(tag)),
      remove: row.tags.filter((tag) => !next.includes(tag)),
    });
  return (
    <WorkFold title={t('ticket.tags')} verb={t('common.save')} busy={busy} onSend={send}>
      <Input label={t('ticket.tags')} value={text} onInput={setText} help={t('ticket.tagsHelp')} />
    </WorkFold>
  );
}

function Merge({ detail: { row }, run, busy }: TicketPartsProps) {
  const [number, setNumber] = useState('');
  const [typed, setTyped] = useState<string | null>(null);
  const into = number.replace('#', '').trim();
  const text = typed ?? t('ticket.mergeSaid', { n: into || '…' });
  return (
    <WorkFold
      title={t('ticket.mergeTitle')}
      verb={t('ticket.merge')}
      busy={busy}
      onSend={() => run('merge', { into: Number(into), text })}
    >
      <p class="quiet small">{t('ticket.mergeLead')}</p>
      <Input label={t('ticket.mergeInto')} value={number} onInput={setNumber} required maxLength={16} />
      <TextArea
        label={t(row.requester === null ? 'ticket.mergeNote' : 'ticket.mergeText')}
        value={text}
        onInput={setTyped}
        required
        maxLength={10_000}
        rows={3}
        {...(row.requester === null ? {} : { help: t('ticket.mergeHelp') })}
      />
    </WorkFold>
  );
}

/** Comments are told apart by who wrote them and how they begin. */
function Split({ detail: { events }, run, busy }: TicketPartsProps) {
  const [title, setTitle] = useState('');
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const comments = events.filter(({ kind, text: said }) => kind === 'comment' && said !== null);
  const toggle = (id: number) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <WorkFold
      title={t('ticket.splitTitle')}
      verb={t('ticket.split')}
      busy={busy}
      onSend={() => run('split', { title, text, comments: [...chosen] })}
    >
      <p class="quiet small">{t('ticket.splitLead')}</p>
      <Input label={t('ticket.title')} value={title} onInput={setTitle} required maxLength={200} />
      <TextArea label={t('ticket.text')} value={text} onInput={setText} maxLength={10_000} rows={3} />
      {comments.length > 0 && (
        <fieldset class="stack-2">
          <legend>{t('ticket.splitComments')}</legend>
          {comments.map(({ id, actor, at, text: said }) => (
            <label key={id} class="check">
              <input type="checkbox" checked={chosen.has(id)} onChange={() => toggle(id)} />{' '}
              <span>
                {actor}, {time(at, language.value)}: {(said ?? '').slice(0, 80)}
                {(said ?? '').length > 80 && '…'}
              </span>
            </label>
          ))}
        </fieldset>
      )}
    </WorkFold>
  );
}

export function PartsWork(props: TicketPartsProps) {
  return (
    <>
      <TagsForm key={props.detail.row.tags.join()} {...props} />
      <Merge {...props} />
      <Split {...props} />
    </>
  );
}

/** Of what was merged by mistake. */
export function Unmerge({ detail: { row, events }, run, busy }: TicketPartsProps) {
  const last = events.findLast(({ kind, to }) => kind === 'state' && to === 'cancelled');
  const { mergedInto, reason } = (last?.data ?? {}) as { mergedInto?: number; reason?: string };
  if (row.state !== 'cancelled' || reason !== 'merged' || mergedInto === undefined) return null;
  return (
    <div class="stack-2">
      <p class="quiet small">{t('ticket.unmergeLead', { n: mergedInto })}</p>
      <div class="form-end">
        <button type="button" class="button slim" disabled={busy} onClick={() => run('unmerge', {})}>
          {t('ticket.unmerge')}
        </button>
      </div>
    </div>
  );
}
