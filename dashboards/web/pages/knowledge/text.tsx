/** The text of an article in one language, with the way to the others, and the question whether it helped. */
import { useState } from 'preact/hooks';
import type { OutcomePlace } from '../../../../shared/choices.ts';
import type { ArticleDetail, ArticleText } from '../../../../shared/knowledge.ts';
import { aboutLanguage, isLanguage } from '../../../../shared/words/index.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Box, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Choices } from '../../parts/field.tsx';
import { Markdown } from '../../parts/markdown.tsx';
import { t } from '../../words/words.ts';
import { ownText } from './marks.tsx';

export const languageName = (code: string): string => (isLanguage(code) ? aboutLanguage(code).name : code);

/** Of several texts one, and buttons for the others. */
export function TextOf({ texts }: { texts: readonly ArticleText[] }) {
  const [chosen, choose] = useState<string | null>(null);
  const shown = texts.find(({ language }) => language === chosen) ?? ownText(texts);
  if (!shown) return null;
  return (
    <div class="stack">
      {texts.length > 1 && (
        <Choices
          label={t('knowledge.language')}
          value={shown.language}
          options={texts.map(({ language }) => [language, languageName(language)] as const)}
          onChoose={choose}
        />
      )}
      <Markdown text={shown.body} language={shown.language} />
    </div>
  );
}

interface OutcomeProps {
  id: string;
  place: OutcomePlace;
  ticket: number | null;
  /** After it was kept. */
  onSaid?: (solved: boolean) => void;
}

export function Outcome({ id, place, ticket, onSaid }: OutcomeProps) {
  const [said, setSaid] = useState<boolean | null>(null);
  const { busy, problem, send } = useSend();
  const say = async (solved: boolean) => {
    const body = { solved, place, ...(ticket === null ? {} : { ticket }) };
    const isKept = await send(() => call(`articles/${encodeURIComponent(id)}/outcome`, { method: 'POST', body }));
    if (!isKept) return;
    setSaid(solved);
    onSaid?.(solved);
  };
  return (
    <div class="stack-2 outcome">
      {problem && <ProblemCallout problem={problem} />}
      <div class="row">
        <span class="strong">{t('knowledge.helped')}</span>
        <button
          type="button"
          class="button"
          aria-pressed={said === true}
          disabled={busy}
          onClick={() => void say(true)}
        >
          {t('knowledge.solved')}
        </button>
        <button
          type="button"
          class="button"
          aria-pressed={said === false}
          disabled={busy}
          onClick={() => void say(false)}
        >
          {t('knowledge.didNot')}
        </button>
      </div>
      <p role="status" class="quiet small">
        {said === null ? '' : t(said ? 'knowledge.thanksSolved' : 'knowledge.thanksNot')}
      </p>
    </div>
  );
}

/** An article where something else is done, such as in a form, which stays as it is. */
export function InlineArticle({ onClose, ...outcome }: OutcomeProps & { onClose: () => void }) {
  const loaded = useLoad<ArticleDetail>(`articles/${encodeURIComponent(outcome.id)}`);
  return (
    <Ready of={loaded} lines={4}>
      {({ texts }) => (
        <Box
          title={ownText(texts)?.title}
          aside={
            <button type="button" class="link" onClick={onClose}>
              {t('knowledge.close')}
            </button>
          }
        >
          <div class="stack">
            <TextOf texts={texts} />
            <Outcome {...outcome} />
          </div>
        </Box>
      )}
    </Ready>
  );
}
