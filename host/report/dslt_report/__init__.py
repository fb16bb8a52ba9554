"""The page of `dslt report`: figures by matplotlib, one HTML file that needs no network."""
