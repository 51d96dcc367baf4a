/** The otter's back in the water: three lines and a dot. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <path
        d="M3 17c4-9 12-11 17-6 2 2 3 4 6 4"
        fill="none"
        stroke="currentColor"
        stroke-width="3"
        stroke-linecap="round"
      />
      <circle cx="27" cy="13" r="2.4" fill="currentColor" />
      <path
        d="M3 23c3 0 3 2 6.5 2s3.5-2 6.5-2 3.5 2 6.5 2 3.5-2 6.5-2"
        fill="none"
        stroke="currentColor"
        stroke-width="2"
        stroke-linecap="round"
        opacity=".55"
      />
    </svg>
  );
}
