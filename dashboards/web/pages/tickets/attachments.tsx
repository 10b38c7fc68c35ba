/** Files of a ticket: pictures are shown, everything else is saved. */
import { useRef, useState } from 'preact/hooks';
import '../../look/attachments.css';
import { type AttachmentView, attachmentLimits } from '../../../../shared/attachment.ts';
import { bytes } from '../../../../shared/words/format.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Callout, ProblemCallout } from '../../parts/box.tsx';
import { Delete } from '../../parts/delete.tsx';
import { Dots } from '../../parts/dots.tsx';
import { Ago } from '../../parts/moment.tsx';
import { actorName, language, t } from '../../words/words.ts';

const sizeOf = (size: number) => bytes(size, language.value);

function OneFile({ ticket, of, onDone }: { ticket: number; of: AttachmentView; onDone: (() => void) | null }) {
  const address = `tickets/${ticket}/attachments/${of.id}`;
  const url = `/api/v1/${address}`;
  return (
    <li>
      {of.isPicture && <img src={url} alt={t('attachment.picture', { name: of.name })} loading="lazy" />}
      <a href={url} download={of.name}>
        {of.name}
      </a>
      <p class="small quiet">
        <Dots
          of={[
            sizeOf(of.size),
            t(of.isPublic ? 'attachment.isPublic' : 'attachment.isInternal'),
            <>
              {actorName(of.by)} <Ago at={of.at} />
            </>,
          ]}
        />
      </p>
      {onDone && (
        <Delete
          slim
          {...{ name: of.name, address, onDone }}
          warning={t('attachment.removeSure', { name: of.name })}
          words={[t('attachment.remove'), t('attachment.remove')]}
        />
      )}
    </li>
  );
}

function AddFile({ ticket, onDone }: { ticket: number; onDone: () => void }) {
  const [isPublic, setPublic] = useState(false);
  const [tooBig, setTooBig] = useState<File | null>(null);
  const { busy, problem, send } = useSend();
  const input = useRef<HTMLInputElement>(null);
  async function add(files: readonly File[]) {
    // Said here: a collector that refuses it by its length may not be heard while the browser still sends.
    const big = files.find((one) => one.size > attachmentLimits.file) ?? null;
    setTooBig(big);
    for (const file of big ? [] : files) {
      const query = new URLSearchParams({ name: file.name.slice(-200), public: String(isPublic) });
      const address = `tickets/${ticket}/attachments?${query}`;
      if (!(await send(() => call(address, { method: 'POST', file })))) break;
    }
    if (input.current) input.current.value = '';
    onDone();
  }
  const limit = sizeOf(attachmentLimits.file);
  return (
    <div class="stack-2">
      {problem && <ProblemCallout problem={problem} />}
      {tooBig && (
        <Callout
          tone="warning"
          title={t('attachment.tooBig', { name: tooBig.name, size: sizeOf(tooBig.size), limit })}
          spoken
        />
      )}
      <div class="file-add">
        {/* The browser's own button speaks the browser's language; it lies unseen over the one of the page. */}
        <span class="file">
          <input
            ref={input}
            type="file"
            aria-label={t('attachment.add')}
            multiple
            disabled={busy}
            onChange={(event) => void add([...(event.currentTarget.files ?? [])])}
          />
          <span class="button" aria-hidden="true">
            {t(busy ? 'attachment.adding' : 'attachment.add')}
          </span>
        </span>
        <label class="row">
          <input type="checkbox" checked={isPublic} onChange={(event) => setPublic(event.currentTarget.checked)} />{' '}
          {t('attachment.public')}
        </label>
      </div>
      <p class="small quiet">{t('attachment.help', { size: limit })}</p>
    </div>
  );
}

/** Nothing for those who may add none where there are none. */
export function Attachments({ ticket, isEnded }: { ticket: number; isEnded: boolean }) {
  const { data, reload } = useLoad<{ items: AttachmentView[] }>(
    `tickets/${ticket}/attachments`,
    (change) => change.kind === 'ticket' && change.ticket === ticket,
  );
  const mayAdd = may('operator') && !isEnded;
  if (!data || (data.items.length === 0 && !mayAdd)) return null;
  return (
    <Box title={t('attachment.title')}>
      <div class="stack">
        {data.items.length === 0 ? (
          <p class="quiet">{t('attachment.none')}</p>
        ) : (
          <ul class="files">
            {data.items.map((one) => (
              <OneFile key={one.id} of={one} ticket={ticket} onDone={may('operator') ? reload : null} />
            ))}
          </ul>
        )}
        {mayAdd && <AddFile ticket={ticket} onDone={reload} />}
      </div>
    </Box>
  );
}
