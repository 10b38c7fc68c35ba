/** What is said of an article beside its title, and which of its texts is shown. */
import type { ArticleRow, ArticleText, FoundRow } from '../../../../shared/knowledge.ts';
import { none } from '../../../../shared/words/format.ts';
import { Moment } from '../../parts/moment.tsx';
import { language, t } from '../../words/words.ts';

/** That in the language of the page, else the first one that there is. */
export const ownText = <Text extends Pick<ArticleText, 'language'>>(texts: readonly Text[]): Text | undefined =>
  texts.find((text) => text.language === language.value) ?? texts[0];

export const titleOfArticle = ({ titles, id }: Pick<ArticleRow, 'titles' | 'id'>): string =>
  ownText(titles)?.title ?? id;

type Marked = Pick<ArticleRow, 'state' | 'validity'> | NonNullable<FoundRow['article']>;

export const ArticleMarks = ({ of: { state, validity } }: { of: Marked }) => (
  <>
    {state !== 'published' && <span class="tag">{t(`knowledge.state.${state}`)}</span>}
    {validity !== 'valid' && state === 'published' && (
      <span class={`chip tone-${validity === 'past' ? 'critical' : 'warning'}`}>
        {t(`knowledge.validity.${validity}`)}
      </span>
    )}
  </>
);

/** Who looks at it again, and of one that is to be looked at whether they were told. */
export const ReviewerOf = ({
  of: { reviewer, remindedAt, reviewerLack, validity, state },
}: {
  of: Pick<ArticleRow, 'reviewer' | 'remindedAt' | 'reviewerLack' | 'validity' | 'state'>;
}) => (
  <>
    {reviewer ?? none}
    {validity !== 'valid' && state === 'published' && (reviewerLack !== null || remindedAt !== null) && (
      <div class="quiet small">
        {reviewerLack !== null ? (
          t(`knowledge.lack.${reviewerLack}`)
        ) : (
          <>
            {t('knowledge.reminded')} <Moment at={remindedAt} />
          </>
        )}
      </div>
    )}
  </>
);
