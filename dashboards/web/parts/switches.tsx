/** Language and theme: two or three buttons, one of them pressed. */
import { theme, themes } from '../theme.ts';
import { aboutLanguage, language, languages, speak, t } from '../words/words.ts';

export function LanguageSwitch() {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in a row in every browser
    <span class="switch" role="group" aria-label={t('settings.language')}>
      {languages.map((name) => (
        <button
          key={name}
          type="button"
          lang={name}
          title={aboutLanguage(name).name}
          aria-pressed={language.value === name}
          onClick={() => speak(name).catch(() => {})}
        >
          {aboutLanguage(name).short}
        </button>
      ))}
    </span>
  );
}

const themeSigns = { system: '◐', light: '○', dark: '●' } as const;

export function ThemeSwitch() {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in a row in every browser
    <span class="switch" role="group" aria-label={t('settings.theme')}>
      {themes.map((name) => (
        <button
          key={name}
          type="button"
          aria-label={t(`theme.${name}`)}
          title={t(`theme.${name}`)}
          aria-pressed={theme.value === name}
          onClick={() => {
            theme.value = name;
          }}
        >
          {themeSigns[name]}
        </button>
      ))}
    </span>
  );
}
