/** For whoever asked for a ticket, without log-in: how satisfied they are with the work. */

import { useState } from 'preact/hooks';
import type { AskedRating } from '../../../../shared/api.ts';
import { LoggedOut } from '../../logged-out.tsx';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Ready } from '../../parts/box.tsx';
import { Choices, Field } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { t } from '../../words/words.ts';

const ratings = ['1', '2', '3', '4', '5'] as const;
type Rating = (typeof ratings)[number];

export function RatePage({ token }: { token: string }) {
  const address = `rate/${encodeURIComponent(token)}`;
  const loaded = useLoad<AskedRating>(address);
  return (
    <LoggedOut>
      <section class="box">
        <div class="box-body stack">
          {loaded.data === null && <h1 class="unseen">{t('page.rate')}</h1>}
          <Ready of={loaded} lines={3}>
            {(asked) => <Question asked={asked} address={address} />}
          </Ready>
        </div>
      </section>
    </LoggedOut>
  );
}

const thanksFor = ({ rating, replaced }: AskedRating): string =>
  replaced === null || rating === null ? t('rate.thanks') : t('rate.replaced', { before: replaced, n: rating });

function Question({ asked, address }: { asked: AskedRating; address: string }) {
  const [rating, setRating] = useState<Rating | null>(asked.rating === null ? null : (String(asked.rating) as Rating));
  const [comment, setComment] = useState('');
  const [saved, setSaved] = useState<AskedRating | null>(null);
  // Before it is sent, so that nobody replaces an answer without knowing.
  const earlier = saved ?? asked;
  const { busy, problem, send } = useSend();
  const submit = async () => {
    const said = comment.trim();
    const body = { rating: Number(rating), ...(said === '' ? {} : { comment: said }) };
    await send(async () => setSaved(await call<AskedRating>(address, { method: 'POST', body })));
  };
  return (
    <>
      <h1 tabIndex={-1}>{t('rate.title', { n: asked.ticket })}</h1>
      <Form
        busy={busy}
        problem={problem}
        onSubmit={submit}
        word={t(earlier.rating === null ? 'rate.send' : 'rate.replace')}
        lacks={rating === null && t('form.lacks.rating')}
      >
        <p>{t('rate.question')}</p>
        {earlier.rating !== null && saved === null && (
          <p class="strong">
            <Sentence of="rate.earlier" values={{ n: earlier.rating, at: <Moment at={earlier.at} shape="long" /> }} />
          </p>
        )}
        <Choices
          label={t('rate.question')}
          value={rating}
          options={ratings.map((one) => [one, `${one} ${t(`rate.words.${one}`)}`] as const)}
          onChoose={setRating}
        />
        <Field label={t('rate.comment')}>
          {(ids) => (
            <textarea
              class="input"
              value={comment}
              maxLength={2000}
              onInput={(event) => setComment(event.currentTarget.value)}
              {...ids}
            />
          )}
        </Field>
      </Form>
      <p role="status">{saved === null ? '' : thanksFor(saved)}</p>
    </>
  );
}
