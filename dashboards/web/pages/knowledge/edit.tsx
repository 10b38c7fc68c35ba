/** An article is written: its text in each language beside how it will look, and what else is known of it. */
import { useState } from 'preact/hooks';
import { articleLength } from '../../../../shared/choices.ts';
import type { ArticleDetail, ArticleState } from '../../../../shared/knowledge.ts';
import { languages } from '../../../../shared/words/index.ts';
import { useBase, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { mayForAll } from '../../net/session.ts';
import { Box, PageHead } from '../../parts/box.tsx';
import { Choices, Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Markdown } from '../../parts/markdown.tsx';
import { PersonInput } from '../../parts/person-input.tsx';
import { TextArea } from '../../parts/text-area.tsx';
import { navigate, to } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { MissingPage } from '../missing.tsx';
import { dayText, endOfDay, inMonths } from './days.ts';
import { useRested } from './found.tsx';
import { languageName } from './text.tsx';

interface WrittenArticle {
  texts: Readonly<Record<string, { title: string; body: string }>>;
  keywords: string;
  reviewer: string;
  /** A day; empty: no end. */
  until: string;
  state: ArticleState;
  isPublic: boolean;
  reason: string;
}

const states = ['draft', 'published', 'archived'] as const;
const nothing = { title: '', body: '' };

/** A text that was emptied is taken away. */
const textsOf = ({ texts }: WrittenArticle) =>
  Object.entries(texts)
    .filter(([, { title, body }]) => title.trim() !== '' || body.trim() !== '')
    .map(([code, text]) => ({ language: code, ...text }));

const bodyOf = (written: WrittenArticle, before: { until: string; validUntil: number | null } | null) => ({
  texts: textsOf(written),
  keywords: written.keywords.trim(),
  reviewer: written.reviewer.trim() === '' ? null : written.reviewer.trim(),
  // What was not edited stays as it was, to the millisecond.
  validUntil:
    before?.until === written.until ? before.validUntil : written.until === '' ? null : endOfDay(written.until),
  state: written.state,
  isPublic: written.isPublic,
});

function lacksOf(written: WrittenArticle, isNew: boolean): string | null {
  const texts = textsOf(written);
  if (texts.length === 0 || texts.some(({ title }) => title.trim() === '')) return t('knowledge.lacksTitle');
  if (texts.some(({ body }) => body.length > articleLength)) return t('knowledge.tooLong');
  return isNew || written.reason.trim() !== '' ? null : t('knowledge.lacksReason');
}

/** The text that the page of the article showed: in the reader's language, where there is one. */
const firstShown = (codes: readonly string[]): string =>
  codes.find((code) => code === language.value) ?? codes[0] ?? language.value;

interface FieldsProps {
  written: WrittenArticle;
  onWrite: (change: Partial<WrittenArticle>) => void;
  isNew: boolean;
}

function Fields({ written, onWrite, isNew }: FieldsProps) {
  const [shown, show] = useState<string>(() => firstShown(Object.keys(written.texts)));
  const text = written.texts[shown] ?? nothing;
  const write = (change: Partial<typeof text>) =>
    onWrite({ texts: { ...written.texts, [shown]: { ...text, ...change } } });
  const preview = useRested(text.body);
  return (
    <>
      <Choices
        label={t('knowledge.language')}
        value={shown}
        options={languages.map((code) => [code, languageName(code)] as const)}
        onChoose={show}
      />
      <Input label={t('knowledge.title')} value={text.title} onInput={(title) => write({ title })} maxLength={200} />
      <div class="halves">
        <TextArea
          label={t('knowledge.text')}
          help={t('knowledge.textHelp')}
          value={text.body}
          onInput={(body) => write({ body })}
          rows={18}
        />
        <section class="stack-2" aria-label={t('knowledge.preview')}>
          <p class="strong small">{t('knowledge.preview')}</p>
          <div class="preview">
            {preview.trim() === '' ? (
              <p class="quiet">{t('knowledge.previewEmpty')}</p>
            ) : (
              <Markdown text={preview} language={shown} />
            )}
          </div>
        </section>
      </div>
      <Input
        label={t('knowledge.keywords')}
        help={t('knowledge.keywordsHelp')}
        value={written.keywords}
        onInput={(keywords) => onWrite({ keywords })}
        maxLength={500}
      />
      <div class="form-row">
        <PersonInput
          label={t('knowledge.reviewer')}
          value={written.reviewer}
          onInput={(reviewer) => onWrite({ reviewer })}
        />
        <Input
          label={t('knowledge.validUntil')}
          help={t('knowledge.validHelp')}
          type="date"
          value={written.until}
          onInput={(until) => onWrite({ until })}
        />
        <Select
          label={t('column.state')}
          value={written.state}
          onChange={(state) => onWrite({ state: state as ArticleState })}
          options={states.map((state) => [state, t(`knowledge.state.${state}`)] as const)}
        />
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={written.isPublic}
          onChange={({ currentTarget }) => onWrite({ isPublic: currentTarget.checked })}
        />{' '}
        {t('knowledge.isPublic')}
      </label>
      {!isNew && (
        <Input
          label={t('knowledge.reason')}
          value={written.reason}
          onInput={(reason) => onWrite({ reason })}
          maxLength={500}
        />
      )}
    </>
  );
}

export const NewArticlePage = () => (mayForAll('operator') ? <NewArticle /> : <MissingPage />);

function NewArticle() {
  const [written, setWritten] = useState<WrittenArticle>({
    ...{ texts: {}, keywords: '', reviewer: '', until: dayText(inMonths(12, Date.now())) },
    ...{ state: 'published', isPublic: false, reason: '' },
  });
  const { busy, problem, send } = useSend();
  const submit = () =>
    send(async () => {
      const made = await call<{ id: string }>('articles', { method: 'POST', body: bodyOf(written, null) });
      navigate(to.article(made.id));
    });
  return (
    <>
      <PageHead title={t('page.articleNew')} />
      <Box>
        <Form
          {...{ busy, problem, onSubmit: submit, word: t('knowledge.create'), lacks: lacksOf(written, true) }}
          onCancel={() => navigate('/knowledge')}
        >
          <Fields written={written} onWrite={(change) => setWritten({ ...written, ...change })} isNew />
        </Form>
      </Box>
    </>
  );
}

interface EditArticleProps {
  detail: ArticleDetail;
  onDone: () => void;
  onSaved: () => void;
}

export function EditArticle({ detail: { row, texts }, onDone, onSaved }: EditArticleProps) {
  const address = `articles/${encodeURIComponent(row.id)}`;
  const base = useBase(address);
  const [before] = useState({ until: dayText(row.validUntil), validUntil: row.validUntil });
  const [written, setWritten] = useState<WrittenArticle>({
    texts: Object.fromEntries(texts.map(({ language: code, title, body }) => [code, { title, body }])),
    ...{ keywords: row.keywords, reviewer: row.reviewer ?? '', until: before.until, state: row.state },
    ...{ isPublic: row.isPublic, reason: '' },
  });
  const { busy, problem, send } = useSend();
  const submit = async () => {
    const body = { ...bodyOf(written, before), reason: written.reason.trim() };
    if (!(await send(() => call(address, { method: 'PATCH', body, base })))) return;
    onSaved();
    onDone();
  };
  return (
    <Box>
      <Form
        {...{ busy, problem, onSubmit: submit, word: t('knowledge.save'), lacks: lacksOf(written, false) }}
        onCancel={onDone}
      >
        <Fields written={written} onWrite={(change) => setWritten({ ...written, ...change })} isNew={false} />
      </Form>
    </Box>
  );
}
