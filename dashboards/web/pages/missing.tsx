/** What an address that names no page shows. */
import { Icon } from '../parts/icon.tsx';
import { t } from '../words/words.ts';

export function MissingPage() {
  return (
    <section class="box">
      <div class="empty">
        <Icon name="unknown" />
        <h1 tabIndex={-1}>{t('missing.title')}</h1>
        <p>{t('missing.lead')}</p>
        <a class="button" href="/">
          {t('missing.back')}
        </a>
      </div>
    </section>
  );
}
