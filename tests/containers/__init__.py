"""The containers: their scripts run alone (no engine needed), and both images and the whole stack on a real engine."""
