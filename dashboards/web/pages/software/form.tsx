/** One product: under which names it is installed, its class, and what was bought of it. */

import { useState } from 'preact/hooks';
import type { ProductRow } from '../../../../shared/api.ts';
import { useBase, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Box } from '../../parts/box.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { t } from '../../words/words.ts';
import { licencesIn, linesOf } from './licence-lines.ts';

export const classes = ['approved', 'free', 'high_risk', 'unwanted', 'unknown'] as const;
export type ClassName = (typeof classes)[number];

interface ProductFormProps {
  /** Null: a new one. */
  product: ProductRow | null;
  /** Of a new one: the title that it begins with. */
  suggested: string;
  currency: string;
  onDone: () => void;
  onCancel: () => void;
}

export function ProductForm({ product, suggested, currency, onDone, onCancel }: ProductFormProps) {
  const [name, setName] = useState(product?.name ?? suggested);
  const [patterns, setPatterns] = useState(product?.patterns.join('\n') ?? suggested);
  const [own, setOwn] = useState<ClassName>(product?.class ?? 'approved');
  const [lines, setLines] = useState(linesOf(product?.entitlements ?? [], currency));
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const base = useBase('software/products');
  const entitlements = licencesIn(lines, currency);
  const fault = Array.isArray(entitlements) ? undefined : t('software.badEntitlement', entitlements);
  const address = product ? `software/products/${encodeURIComponent(product.id)}` : 'software/products';
  const submit = async () => {
    if (fault !== undefined) return;
    const names = patterns.split('\n').filter((line) => line.trim() !== '');
    const body = { name, patterns: names, class: own, entitlements, reason };
    if (await send(() => call(address, { method: product ? 'PATCH' : 'POST', body, base }))) onDone();
  };
  const remove = async () => {
    if (await send(() => call(address, { method: 'DELETE', body: { reason }, base }))) onDone();
  };
  return (
    <Box title={product?.name ?? t('software.newProduct')}>
      <Form
        problem={problem}
        onSubmit={submit}
        busy={busy}
        word={product ? t('common.save') : t('software.newProduct')}
        onCancel={onCancel}
        end={
          product && (
            <button
              type="button"
              class="button danger"
              disabled={busy || reason.trim() === ''}
              onClick={() => void remove()}
            >
              {t('software.removeProduct')}
            </button>
          )
        }
      >
        <div class="form-row">
          <Input label={t('software.name')} value={name} onInput={setName} required maxLength={512} />
          <Select
            label={t('software.class')}
            value={own}
            onChange={(value) => setOwn(value as ClassName)}
            options={classes.map((one) => [one, t(`software.classes.${one}`)] as const)}
          />
        </div>
        <Field label={t('software.patterns')} help={t('software.patternsHelp')}>
          {(ids) => (
            <textarea
              class="input"
              rows={3}
              value={patterns}
              onInput={(event) => setPatterns(event.currentTarget.value)}
              required
              {...ids}
            />
          )}
        </Field>
        <Field label={t('software.entitlements')} help={t('software.entitlementsHelp')} error={fault}>
          {(ids) => (
            <textarea
              class="input"
              rows={4}
              value={lines}
              onInput={(event) => setLines(event.currentTarget.value)}
              {...ids}
            />
          )}
        </Field>
        <Input label={t('stability.reason')} value={reason} onInput={setReason} required maxLength={500} />
      </Form>
    </Box>
  );
}
