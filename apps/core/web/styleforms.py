"""Forms with one field of each kind, for the style guide."""

from __future__ import annotations

from django import forms


class SampleFilter(forms.Form):
    status = forms.MultipleChoiceField(
        choices=(("open", "Open"), ("hold", "On hold")), required=False, widget=forms.CheckboxSelectMultiple
    )
    area = forms.ChoiceField(choices=(("", "Any"), ("cnc", "CNC"), ("paint", "Paint")), required=False)
    opened_after = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))


class SampleForm(forms.Form):
    title = forms.CharField(help_text="One line that a colleague understands.")
    quantity = forms.DecimalField(help_text="Pieces affected.", widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    severity = forms.ChoiceField(
        choices=(("minor", "Minor"), ("major", "Major"), ("critical", "Critical")), widget=forms.RadioSelect
    )
    area = forms.ChoiceField(choices=(("cnc", "CNC"), ("paint", "Paint")), required=False)
    due_on = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    text = forms.CharField(label="What happened", widget=forms.Textarea, required=False)
    block = forms.BooleanField(
        label="Block the lot", required=False, help_text="Order SO-8841 cannot ship while the lot is blocked."
    )
    picture = forms.FileField(required=False)
