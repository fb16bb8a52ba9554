# SPDX-License-Identifier: Apache-2.0
"""The page of `dslt report`: figures by matplotlib, one HTML file that needs no network."""
