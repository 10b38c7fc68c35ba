/** The form that opens a ticket by hand. */

import { useState } from 'preact/hooks';
import type { TicketDetail } from '../../../../shared/api.ts';
import { useFleet } from '../../fleet/store.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { me } from '../../net/session.ts';
import { Box } from '../../parts/box.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { navigate, to } from '../../router.ts';
import { t } from '../../words/words.ts';
import { HelpWhileTyping } from '../knowledge/help.tsx';
import { categories } from './filters.tsx';
import { RequesterInput } from './requester-input.tsx';

const levels = ['1', '2', '3'] as const;
const channels = ['portal', 'mail', 'phone', 'chat'] as const;

interface NewTicketProps {
  /** Which it is about, until another one is chosen. */
  endpoint?: { id: string; name: string };
  onClose: () => void;
}

export function NewTicket({ endpoint: about, onClose }: NewTicketProps) {
  const [title, setTitle] = useState('');
  const [text, setText] = useState('');
  const [endpoint, setEndpoint] = useState(about?.id ?? '');
  const [impact, setImpact] = useState('3');
  const [urgency, setUrgency] = useState('3');
  const [requester, setRequester] = useState('');
  const [category, setCategory] = useState('incident');
  const [channel, setChannel] = useState('portal');
  const { busy, problem, send } = useSend();
  // The fleet may not have come yet: without an entry of its own the list would show none.
  const others = [...(useFleet()?.values() ?? [])].filter(({ id }) => id !== about?.id);
  const names = [...others, ...(about ? [about] : [])].sort((a, b) => a.name.localeCompare(b.name));
  const submit = async () => {
    const body = {
      title,
      impact: Number(impact),
      urgency: Number(urgency),
      ...(text.trim() === '' ? {} : { text }),
      ...(endpoint === '' ? {} : { endpoint }),
      ...(requester.trim() === '' ? {} : { requester: requester.trim() }),
      ...{ category, channel },
    };
    await send(async () => {
      const made = await call<TicketDetail>('tickets', { method: 'POST', body });
      navigate(to.ticket(made.row.id));
    });
  };
  return (
    <Box title={t('ticket.new')}>
      <Form problem={problem} onSubmit={submit} busy={busy} word={t('ticket.create')} onCancel={onClose}>
        <Input label={t('ticket.title')} value={title} onInput={setTitle} required maxLength={200} />
        <HelpWhileTyping text={title} onSolved={onClose} />
        <Field label={t('ticket.text')}>
          {(ids) => (
            <textarea class="input" value={text} onInput={(event) => setText(event.currentTarget.value)} {...ids} />
          )}
        </Field>
        <div class="form-row">
          <RequesterInput
            value={requester}
            onInput={setRequester}
            placeholder={me.value?.user ?? ''}
            endpoint={endpoint}
          />
          <Select
            label={t('ticket.channel')}
            value={channel}
            onChange={setChannel}
            options={channels.map((one) => [one, t(`ticket.channels.${one}`)] as const)}
          />
          <Select
            label={t('ticket.category')}
            value={category}
            onChange={setCategory}
            options={categories.map((one) => [one, t(`ticket.categories.${one}`)] as const)}
          />
        </div>
        <div class="form-row">
          <Select
            label={t('column.endpoint')}
            value={endpoint}
            onChange={setEndpoint}
            options={[['', t('ticket.noEndpoint')], ...names.map((row) => [row.id, row.name] as const)]}
          />
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
        </div>
      </Form>
    </Box>
  );
}
