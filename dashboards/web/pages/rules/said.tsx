/** Fields of what a rule says about its alerts; folded away until there is something. */
import { descriptionLength, runbookLength, summaryLength } from '../../../../shared/rule-parts.ts';
import { templateFilters, templateNames } from '../../../../shared/words/rule-texts.ts';
import { Field, Input } from '../../parts/field.tsx';
import { type SaidDraft, saidPlaces } from '../../rules/said.ts';
import { t } from '../../words/words.ts';

interface SaidProps {
  said: SaidDraft;
  fault: (place: keyof SaidDraft) => string | undefined;
  onChange: (change: Partial<SaidDraft>) => void;
}

export function SaidFields({ said, fault, onChange }: SaidProps) {
  const area = (name: 'description' | 'labels', rows: number, help: string, maxLength?: number) => (
    <Field label={t(`rules.part.${name}`)} help={help} error={fault(name)}>
      {(ids) => (
        <textarea
          class="input"
          rows={rows}
          {...(maxLength === undefined ? {} : { maxLength })}
          spellcheck={name === 'description'}
          value={said[name]}
          onInput={(event) => onChange({ [name]: event.currentTarget.value })}
          {...ids}
        />
      )}
    </Field>
  );
  // A fault is never behind a fold.
  const isOpen = saidPlaces.some((name) => said[name] !== '' || fault(name) !== undefined);
  return (
    <details open={isOpen}>
      <summary>{t('rules.says')}</summary>
      <div class="stack">
        <Input
          label={t('rules.part.summary')}
          value={said.summary}
          onInput={(summary) => onChange({ summary })}
          maxLength={summaryLength}
          autocomplete="off"
          help={t('rules.templateHelp', {
            names: templateNames.map((name) => `{${name}}`).join(' '),
            filters: templateFilters.map((filter) => `{value|${filter}}`).join(' '),
          })}
          error={fault('summary')}
        />
        {area('description', 4, t('rules.descriptionHelp'), descriptionLength)}
        <Input
          label={t('rules.part.runbook')}
          value={said.runbook}
          onInput={(runbook) => onChange({ runbook })}
          maxLength={runbookLength}
          autocomplete="off"
          help={t('rules.runbookHelp')}
          error={fault('runbook')}
        />
        {area('labels', 3, t('rules.labelsHelp'))}
      </div>
    </details>
  );
}
