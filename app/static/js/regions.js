/** Select an option when the user clicks its region in the picture. */
export const startRegions = (picture) => {
  const form = picture.closest("form");
  picture.addEventListener("click", (event) => {
    const place = event.target.closest("[data-place]")?.dataset.place;
    if (place !== undefined) form?.querySelector(`[name="option"][value="${place}"]`)?.click();
  });
};
